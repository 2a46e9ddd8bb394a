-- expect: 运行超过
table.concat(setmetatable({}, { __index = table.concat }), "", 1, math.maxinteger)
