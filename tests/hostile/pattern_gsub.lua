-- expect: 运行超过
string.gsub(string.rep("a", 300), string.rep("(a*)", 8) .. "b", "%1")
