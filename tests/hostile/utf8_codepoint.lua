-- expect:
while true do pcall(utf8.codepoint, string.rep("x", 1000000), 1, -1) end
