-- expect:
local t = {}
for i = 1, 100000 do t[i] = string.rep("x", 1000) end
table.concat(t)
