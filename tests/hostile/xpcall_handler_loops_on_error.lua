-- expect: 运行超过
xpcall(error, function() while true do end end)
