-- expect: 运行超过
string.rep("a", 900000):find("%f[" .. string.rep("b", 900000) .. "]")
