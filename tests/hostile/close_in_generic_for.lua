-- expect: non-closable
local m = {}
local t = setmetatable({}, m)
m.__close = function() while true do end end
for _ in next, {}, nil, t do end
