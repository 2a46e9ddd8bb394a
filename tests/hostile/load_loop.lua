-- expect: 运行超过
-- at: load
while true do end
