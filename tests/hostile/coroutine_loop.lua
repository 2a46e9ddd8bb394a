-- expect: 运行超过
coroutine.wrap(function() while true do end end)()
