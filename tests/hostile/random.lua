-- expect: 运行超过
while true do math.random(0) end
