-- expect: 占用内存超过|运行超过
local s = "x"
while true do pcall(function() s = s .. s end) end
