-- expect: 运行超过
repeat until false
