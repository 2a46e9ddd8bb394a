-- expect: 运行超过
while true do pcall(string.rep, "x", 1 << 30) end
