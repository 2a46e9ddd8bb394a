-- expect: 运行超过
string.gsub("a", "a", function() while true do end end)
