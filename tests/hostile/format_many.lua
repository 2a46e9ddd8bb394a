-- expect: 运行超过
local s = string.rep("%99.99f", 200)
local t = {}
for i = 1, 200 do t[i] = 1e300 end
while true do string.format(s, table.unpack(t)) end
