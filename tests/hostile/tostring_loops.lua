-- expect: 运行超过
tostring(setmetatable({}, { __tostring = function() while true do end end }))
