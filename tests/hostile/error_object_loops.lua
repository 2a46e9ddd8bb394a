-- expect: 运行超过
error(setmetatable({}, { __tostring = function() while true do end end }))
