-- expect: 运行超过
kept[1] = kept[1] or coroutine.create(function() while true do coroutine.yield() end end)
while true do coroutine.resume(kept[1]) end
