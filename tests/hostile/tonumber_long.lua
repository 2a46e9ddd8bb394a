-- expect: 运行超过
local s = string.rep("1", 1000000)
while true do tonumber(s) local x = s + 1 end
