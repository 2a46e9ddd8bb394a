-- expect: 运行超过
string.match(string.rep("a", 300), string.rep("a*", 12) .. "b")
