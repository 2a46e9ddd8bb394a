-- expect: 运行超过
-- at: load
while true do pcall(function() while true do end end) end
