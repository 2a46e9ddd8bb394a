-- expect: 运行超过
local function again(depth)
  while true do pcall(again, depth + 1) end
end
again(1)
