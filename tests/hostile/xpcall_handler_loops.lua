-- expect: 运行超过
xpcall(function() while true do end end, function() while true do end end)
