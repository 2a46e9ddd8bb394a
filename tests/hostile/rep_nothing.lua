-- expect: 运行超过
while true do string.rep("", math.maxinteger) end
