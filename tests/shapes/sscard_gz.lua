-- SSCard of Guangzhou: each buffer's capacity stands behind it.
return mps.library {
  title = "广州社保卡",
  file = { windows = "SSCardGZ.dll", linux = "libSSCardGZ.so" },
  settings = { url = { title = "服务地址", default = "http://gz.example/" } },
  functions = {
    Init          = { "str url", "str user", returns = "long", ok = 0 },
    ReadCardBasGZ = { "out[1024] info", "i32 size(info)", "out[256] sign", "i32 size(sign)", returns = "long" },
  },
  open = { "Init", { setting = "url" }, "user" },
  methods = { read = { "ReadCardBasGZ", split = { "info", "|", "area", "id", "card_no", "card_code", "name" } },
              sign = { "ReadCardBasGZ" } },
}
