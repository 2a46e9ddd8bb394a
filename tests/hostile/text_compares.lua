-- expect: 运行超过
local a = string.rep("\0", 1000000)
local b = a:sub(1, -2) .. "\1"
local x
while true do x = a < b, a < b, a <= b, a < b end
