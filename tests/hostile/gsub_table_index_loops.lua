-- expect: 运行超过
string.gsub("a", "a", setmetatable({}, { __index = function() while true do end end }))
