-- expect: 运行超过
local a = string.rep("\0", 1000000)
local b = a:sub(1, -2) .. "\1"
local t = {}
for i = 1, 20000 do t[i] = i % 2 == 0 and a or b end
table.sort(t)
