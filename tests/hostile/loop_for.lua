-- expect: 运行超过
for i = 1, math.maxinteger do end
