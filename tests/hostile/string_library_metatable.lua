-- expect: setmetatable
setmetatable(string, { __index = error })
