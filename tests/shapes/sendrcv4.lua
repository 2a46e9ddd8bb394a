-- SendRcv4 of Shanghai: the question in UTF-8, the answer in GBK, success told by the JSON.
return mps.library {
  title = "上海五期接口",
  file = { windows = "SendRcv4.dll", linux = "libSendRcv4.so" },
  charset = "GBK",
  functions = {
    SendRcv4 = { "str key", "str request as=UTF-8", "out[1049600] answer", returns = "str" },
  },
  methods = {
    read   = { "SendRcv4", "12345678", { json = { name = "操作员" } },
               json = { "answer", code = "xxfhm", ok = "P001", error = "fhxx" } },
    failed = { "SendRcv4", "", { json = { name = "操作员" } },
               json = { "answer", code = "xxfhm", ok = "P001", error = "fhxx" } },
  },
}
