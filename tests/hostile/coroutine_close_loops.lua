-- expect: __close
local t = setmetatable({}, { __close = function() while true do end end })
local co = coroutine.create(function() local x <close> = t coroutine.yield() end)
coroutine.resume(co)
coroutine.close(co)
