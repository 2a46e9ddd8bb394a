-- expect: 运行超过
while true do
  pcall(function() while true do end end)
end
