-- termb: steps without parameters whose success is 1, then a getter for each item.
return mps.library {
  title = "华视身份证阅读器",
  file = { windows = "termb.dll", linux = "libtermb.so" },
  functions = {
    CVR_InitComm     = { "i32 port", returns = "i32", ok = 1 },
    CVR_Authenticate = { returns = "i32", ok = 1, errors = { [2] = { "寻卡失败" } } },
    CVR_Read_Content = { "i32 active", returns = "i32", ok = 1 },
    CVR_CloseComm    = { returns = "i32", ok = 1 },
    GetPeopleName    = { "out[128] text length=len", "inout i32 len", returns = "i32", ok = 1 },
  },
  open  = { "CVR_InitComm", 1001 },
  close = { "CVR_CloseComm" },
  methods = {
    read = function(lib)
      if not lib.CVR_Authenticate().ok then mps.fail("请放好身份证") end
      if not lib.CVR_Read_Content(4).ok then mps.fail("读身份证失败") end
      return { name = lib.GetPeopleName().text }
    end,
    too_early = { "CVR_Read_Content", 4 },
  },
}
