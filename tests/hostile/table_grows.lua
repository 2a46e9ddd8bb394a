-- expect: 占用内存超过|运行超过
local t = {}
while true do t[#t + 1] = {} end
