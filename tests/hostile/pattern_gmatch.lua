-- expect: 运行超过
for _ in string.gmatch(string.rep("a", 300), string.rep("a?", 20) .. string.rep(".-", 8) .. "b") do end
