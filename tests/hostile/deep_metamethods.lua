-- expect:
local m = {}
m.__index = function(t, k) return t[k + 1] end
local t = setmetatable({}, m)
while true do pcall(function() return t[1] end) end
