-- LSCP of Lishui: one function for everything, one buffer for the answer and one for the error.
return mps.library {
  title = "丽水社保卡接口",
  file = { windows = "LSCP.dll", linux = "libLSCP.so" },
  functions = {
    cpinterface = { "i32 code", "str input", "out[255] output", "out[255] error", returns = "i32", ok = 0, error = "error" },
  },
  errors = { [-2] = { "无卡" } },
  methods = {
    read    = { "cpinterface", 2001, "2001^1001^", split = { "output", "^", "code", "place", "result", "a", "b", "c", "card" } },
    no_card = { "cpinterface", 2001, "2001^NOCARD^" },
    unknown = { "cpinterface", 1, "" },
  },
}
