-- expect: 运行超过
local m = { __gc = nil }
local t = setmetatable({}, m)
m.__gc = function() while true do end end
t = nil
while true do local x = {} end
