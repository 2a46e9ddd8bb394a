-- expect: 运行超过
local s = string.rep("中", 300000)
while true do utf8.len(s) for p in utf8.codes(s) do end end
