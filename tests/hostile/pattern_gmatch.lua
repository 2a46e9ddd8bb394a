-- expect: 运行超过
for _ in string.gmatch(string.rep("a", 300), string.rep("a?", 100) .. string.rep(".-", 50) .. "b") do end
