-- expect: 运行超过
string.find(string.rep("a", 50000), string.rep("a-", 40) .. "b")
