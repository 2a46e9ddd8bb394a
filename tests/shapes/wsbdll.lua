-- WSBDLL: a handle by pointer, wide integers, success told by a field, a function known by number on Windows, 18 parameters.
return mps.library {
  title = "健康卡",
  file = { windows = "WSBDLL.dll", linux = "libWSBDLL.so" },
  functions = {
    WSB_Open    = { "str port", "out handle device", returns = "i32", ok = 1 },
    WSB_Close   = { "handle device", returns = "i32", ok = 1 },
    WSB_Balance = { "handle device", "i64 card", "u64 limit", "inout i64 cents", "inout u32 left", "out[16] state",
                    ok = { field = "state", "0000" } },
    serial      = { "i8 small", "i16 less", returns = "u64", symbol = "WSB_Serial", ordinal = 7, convention = "cdecl" },
    MIdCheckShortLongCodePF = { "i32 a", "str b", "out[64] c", "u8 d", "i16 e", "str f", "out i32 g", "long h", "u32 i",
      "str j", "out[64] k", "i32 l", "i32 m", "i32 n", "i32 o", "str p", "out[64] q", "i32 r", returns = "i32", ok = 18 },
  },
  errors = { ["0017"] = { "卡号不对" } },
  open  = { "WSB_Open", "USB" },
  close = { "WSB_Close", { open = "device" } },
  methods = {
    balance = { "WSB_Balance", { open = "device" }, -9000000000000000001, 9000000000000000001, 4294967295, 4294967295 },
    refused = { "WSB_Balance", { open = "device" }, 1, 2, 3, 4 },
    range   = { "WSB_Balance", { open = "device" }, 1, 2, 3, -4 },
    serial  = function(lib) return { serial = lib.serial(-100, -30000).code } end,
    many    = { "MIdCheckShortLongCodePF", 1, "二", 4, -5, "六", -8, 4000000000, "十", 12, 13, 14, 15, "十六", 18 },
  },
}
