-- HeaSecReadInfo that needs the reader maker's library: beside it on Windows, loaded before it on Linux.
return mps.library {
  title = "医保动态库",
  file    = { windows = "HeaSecReadInfo.dll", linux = "libHeaSecReadInfo.so" },
  preload = { linux = { "libdcrf32.so" } },
  settings = { area = { title = "地区编码", default = "320100" } },
  functions = {
    Init        = { "str info", "out[4096] error", returns = "long", ok = 0, error = "error" },
    ReadCardBas = { "out[2048] card", "out[8192] business", returns = "long", ok = 0, error = "card" },
    ReadSFZ     = { "str? photo", "out[1024] card", "out[8192] business", returns = "long", ok = 0, error = "card" },
  },
  open = { "Init", { json = { AREA_CODE = { setting = "area" } } } },
  methods = {
    read    = { "ReadCardBas", split = { "card", "|", "area", "id", "card_no", "card_code", "name" } },
    photo   = { "ReadSFZ", "D:\\1.bmp" },
    nothing = { "ReadSFZ", "" },
  },
}
