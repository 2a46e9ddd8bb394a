-- expect: too complex
string.match(string.rep("a", 100000), string.rep("(a", 32) .. string.rep(")", 32) .. string.rep("a?", 200000))
