-- expect: setmetatable
setmetatable(_G, nil)
