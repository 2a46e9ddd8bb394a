-- expect:
local t = {}
for i = 1, 200000 do t[i] = { i } end
while true do pcall(string.rep, "x", 700000) end
