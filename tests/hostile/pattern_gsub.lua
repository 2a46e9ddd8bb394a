-- expect: 运行超过
string.gsub(string.rep("a", 300), string.rep("(a*)", 20) .. "b", "%1")
