-- expect: mps.text
mps.text.trim = function() return "" end
