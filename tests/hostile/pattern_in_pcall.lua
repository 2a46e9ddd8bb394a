-- expect: 运行超过
while true do pcall(string.find, string.rep("a", 5000), string.rep("a-", 40) .. "b") end
