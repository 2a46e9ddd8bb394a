-- expect: 占用内存超过|运行超过
while true do kept[#kept + 1] = {} end
