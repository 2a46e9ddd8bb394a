-- expect: 运行超过
local text = string.rep("a", 1000000)
while true do text:find(string.rep("a", 500000) .. "b", 1, true) end
