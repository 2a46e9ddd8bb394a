-- 社会保障卡: a card library of the SSC_* shape that the messages of the Fujian specification name.
-- No public manual shows its signatures: compare the functions below with your vendor's before use.
return mps.library {
  title = "社会保障卡读卡器",
  file = { windows = "SSCard.dll", linux = "libSSCard.so" },
  convention = "stdcall",
  charset = "GBK",
  timeout = 30,                                             -- seconds, for each function
  settings = {
    port = { title = "读卡器端口", default = "USB1" },
  },

  functions = {
    SSC_Open     = { "str port", "out[1024] error", returns = "long", ok = 0, error = "error" },
    SSC_ReadCard = { "out[4096] info", "out[1024] error", returns = "long", ok = 0, error = "error" },
    SSC_Close    = { returns = "long" },
  },

  -- Said where the library itself leaves `error` empty.
  errors = {
    [-1]  = { "设备未打开！", advice = "请检查读卡器连接" },
    [-2]  = { "无卡", advice = "请插入社会保障卡" },
    [-11] = { "读写器连接失败", advice = "检查USB连接后重试" },
  },
  failure = "接口${function} 失败:${error}",

  -- Around every method; closed also when the middle fails.
  open  = { "SSC_Open", { setting = "port" } },
  close = { "SSC_Close" },
  probe = true,                                             -- mps doctor may open and close it

  methods = {
    read_card = { "SSC_ReadCard",
      split = { "info", "|", "area", "id", "cardnum", "cardCode", "name" } },
  },
}
