-- A device that fails in every way, as it is asked to.
return mps.library {
  title = "耐久测试设备",
  file = { windows = "soak.dll", linux = "libsoak.so" },
  functions = {
    soak_open  = { returns = "int", ok = 0 },
    soak_read  = { "str way", "out[1024] text", returns = "int", ok = 0 },
    soak_close = { returns = "int" },
  },
  errors = { [-2] = { "无卡", advice = "请插卡" } },
  open = { "soak_open" },
  close = { "soak_close" },
  methods = {
    read = { "soak_read", { request = "way" }, split = { "text", "|", "area", "id", "number", "name" } },
    json = { "soak_read", { request = "way" }, json = { "text", as = "json", code = "code", ok = "0" } },
    raise = function(lib, request) error("有意出错") end,
    loop = function(lib, request) while true do end end,
  },
}
