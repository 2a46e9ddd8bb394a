-- expect: setmetatable
setmetatable(mps.text, nil)
