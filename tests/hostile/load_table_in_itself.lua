-- expect: 包含了自己
-- at: device
local ring = {}
ring.again = ring
return mps.library {
  title = "读卡器",
  file = "a.so",
  convention = "cdecl",
  charset = "GBK",
  functions = { query = { "str input", returns = "long" } },
  methods = { query = { "query", { json = ring } } },
}
