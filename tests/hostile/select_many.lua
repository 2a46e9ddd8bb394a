-- expect: 运行超过
local function count(...) return select("#", ...) end
local t = {}
for i = 1, 10000 do t[i] = i end
while true do count(table.unpack(t)) end
