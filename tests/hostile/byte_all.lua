-- expect:
while true do pcall(string.byte, string.rep("x", 1000000), 1, -1) end
