-- expect: 运行超过
setmetatable(kept, { __index = function() while true do end end })
return kept.x
