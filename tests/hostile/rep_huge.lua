-- expect: 文本过长
string.rep("x", 1 << 40)
