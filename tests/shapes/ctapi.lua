-- CT-API: u16 by value, u8 and u16 in and out by pointer, a signed byte returned.
local codes = { [-1] = { "参数无效" }, [-8] = { "终端故障" } }
return mps.library {
  title = "CT-API终端",
  file = { windows = "ctapi.dll", linux = "libctapi.so" },
  functions = {
    CT_init  = { "u16 terminal", "u16 port", returns = "i8", ok = 0 },
    CT_data  = { "u16 terminal", "inout u8 dad", "inout u8 sad", "u16 len(command)", "bytes command",
                 "inout u16 lenr", "out[300] answer as=hex length=lenr", returns = "i8", ok = 0 },
    CT_close = { "u16 terminal", returns = "i8", ok = 0 },
  },
  errors = codes,
  open  = { "CT_init", 1, 65535 },
  close = { "CT_close", 1 },
  methods = {
    read    = { "CT_data", 1, 1, 2, "20 13 00 80 00" },
    wrong   = { "CT_data", 2, 1, 2, "20 13 00 80 00" },
    overrun = { "CT_data", 1, 1, 2, "FF 13 00 80 00" },
    range   = { "CT_data", 1, 256, 2, "20 13 00 80 00" },
    long    = function(lib) lib.CT_data(1, 1, 2, ("00"):rep(65536)) end,
    twice   = { "CT_init", 1, 2 },
  },
}
