-- expect: 运行超过
table.move({}, 1, math.maxinteger - 1, 2)
