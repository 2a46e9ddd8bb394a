-- SSSE32: a handle, commands in hexadecimal with their length before them, answers whose length is returned.
return mps.library {
  title = "SSSE32读写器",
  file = { windows = "SSSE32.dll", linux = "libSSSE32.so" },
  settings = { port = { title = "端口", default = "USB1" } },
  functions = {
    ICC_Reader_Open        = { "str device", returns = "long", ok = ">0" },
    ICC_Reader_Close       = { "long handle", returns = "long", ok = 0 },
    ICC_Reader_PowerOn     = { "long handle", "u8 slot", "out[64] atr as=hex length=return", returns = "long", ok = ">0" },
    ICC_Reader_Application = { "long handle", "u8 slot", "long len(command)", "bytes command",
                               "out[260] answer as=hex length=return", returns = "long", ok = ">=0" },
    ICC_Reader_Libinfo     = { "out[32] info", returns = "long", ok = 0 },
    ICC_GetInputPassEx     = { "long handle", "u8 seconds", "out u8 rlen", "out[16] pass length=rlen", "out[16] shown",
                               "u8 command", returns = "long", ok = 0,
                               errors = { [-1] = { "用户取消了输入" } } },
  },
  errors = {
    [-1]  = { "卡插反或无效卡" },
    [-2]  = { "无卡", advice = "请插卡" },
    [-13] = { "指令错误" },
  },
  open  = { "ICC_Reader_Open", { setting = "port" } },
  close = { "ICC_Reader_Close", { open = "returns" } },
  methods = {
    atr      = { "ICC_Reader_PowerOn", { open = "returns" }, 0x11 },
    no_card  = { "ICC_Reader_PowerOn", { open = "returns" }, 0x12 },
    select   = { "ICC_Reader_Application", { open = "returns" }, 0x11, "00 A4 00 00 02 EF 05" },
    overrun  = { "ICC_Reader_Application", { open = "returns" }, 0x11, "FF" },
    too_long = { "ICC_Reader_Application", { open = "returns" }, 0x11, "FF FF" },
    not_hex  = { "ICC_Reader_Application", { open = "returns" }, 0x11, "00 G4" },
    info     = { "ICC_Reader_Libinfo" },
    pass     = { "ICC_GetInputPassEx", { open = "returns" }, 20, 1 },
    cancel   = { "ICC_GetInputPassEx", { open = "returns" }, 0, 1 },
    by_hand  = function(lib)
      local r = lib.ICC_Reader_Application(lib.opened.returns, 0x11, "00A4040002EF06")
      return { sw = r.answer:sub(-2), bytes = r.code }
    end,
  },
}
