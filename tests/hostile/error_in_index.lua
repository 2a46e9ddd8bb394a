-- expect: boom
local t = setmetatable({}, { __index = function() error("boom") end })
return t.x
