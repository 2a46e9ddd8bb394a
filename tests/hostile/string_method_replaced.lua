-- expect: string
string.format = function() return "" end
