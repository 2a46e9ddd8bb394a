-- 丽水: one entry for everything, which wraps the card's fields in an envelope of carets.
return mps.library {
  title = "丽水社会保障卡读卡器",
  file = { windows = "LSCP.dll", linux = "libLSCP.so" },
  settings = {
    operator = { title = "操作员编号", default = "1001" },
  },
  functions = {
    cpinterface = { "i32 code", "str input", "out[1024] output", "out[255] error", returns = "i32", ok = 0, error = "error" },
  },
  errors = {
    [-2] = { "无卡", advice = "请插入社会保障卡" },
  },
  methods = {
    read_card = function(lib)
      local r = lib.cpinterface(2001, "2001^" .. lib.settings.operator .. "^")
      local envelope = mps.text.split(r.output, "^", { "trade", "operator", "result", "text", "", "", "card" })
      if envelope.result ~= "0000" then
        mps.fail("读卡失败[" .. envelope.result .. "]:" .. envelope.text)
      end
      return mps.text.split(envelope.card, "|", { "area", "id", "cardnum", "cardCode", "name" })
    end,
  },
}
