-- expect: 占用内存超过|运行超过
local all = {}
while true do all[#all + 1] = coroutine.create(function() end) end
