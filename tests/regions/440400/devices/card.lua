-- 珠海: a reader with a handle above zero, reasons that have to be asked for, and fields between colons.
return mps.library {
  title = "珠海社会保障卡读卡器",
  file = { windows = "CommonInterface.dll", linux = "libCommonInterface.so" },
  settings = {
    port = { title = "端口", default = "USB1" },
  },
  functions = {
    OpenDevice   = { "str port", returns = "i32", ok = ">0" },
    SsseReadCard = { "i32 handle", "i32 type", "out[1024] info", returns = "i32", ok = ">=0" },
    CloseDevice  = { "i32 handle", returns = "i32" },
    GetErrorText = { "i32 code", "out[256] text" },
  },
  methods = {
    read_card = function(lib)
      local device = lib.OpenDevice(lib.settings.port)
      if not device.ok then
        mps.fail("打开读卡器失败:" .. lib.GetErrorText(device.code).text)
      end
      local r = lib.SsseReadCard(device.code, 3)
      lib.CloseDevice(device.code)
      if not r.ok then
        mps.fail("读卡失败:" .. lib.GetErrorText(r.code).text)
      end
      return mps.text.split(r.info, ":",
        { "cardCode", "kind", "version", "issuer", "issued", "ends", "cardnum", "id", "name", "name_more" })
    end,
  },
}
