-- expect: 运行超过
while true do end
