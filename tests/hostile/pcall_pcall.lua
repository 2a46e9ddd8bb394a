-- expect: 运行超过
while true do pcall(pcall, pcall, error) end
