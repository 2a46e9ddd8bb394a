-- sdtapi: success is 0x90 or 0x9F, two buffers with a length each, UTF-16 columns beside a photo; `unpack` is cdecl.
return mps.library {
  title = "二代证阅读器",
  file = { windows = "sdtapi.dll", linux = "libsdtapi.so" },
  convention = "stdcall",
  functions = {
    SDT_OpenPort        = { "i32 port", returns = "i32", ok = 0x90 },
    SDT_ClosePort       = { "i32 port", returns = "i32", ok = 0x90 },
    SDT_StartFindIDCard = { "i32 port", "out[8] iin as=hex length=full", "i32 open", returns = "i32", ok = { 0x9F, 0x90 } },
    SDT_ReadBaseMsg     = { "i32 port", "out[256] text as=UTF-16 length=text_length", "inout u32 text_length",
                            "out[1024] photo as=raw length=photo_length", "inout u32 photo_length", "i32 open",
                            returns = "i32", ok = 0x90, errors = { [0x41] = { "读居民身份证失败" } } },
    unpack              = { "bytes photo as=raw", "out[64] bitmap", "i32 len(photo)", returns = "i32", ok = 1, convention = "cdecl" },
  },
  errors = { [0x80] = { "找卡不成功", advice = "请放好身份证" } },
  open  = { "SDT_OpenPort", 1001 },
  close = { "SDT_ClosePort", 1001 },
  methods = {
    find    = { "SDT_StartFindIDCard", 1001, 0 },
    missing = { "SDT_StartFindIDCard", 2, 0 },
    read    = { "SDT_ReadBaseMsg", 1001, 0 },
    failing = { "SDT_ReadBaseMsg", 1001, 9 },
    photo   = function(lib)
      return { bitmap = lib.unpack(lib.SDT_ReadBaseMsg(1001, 0).photo).bitmap }
    end,
  },
}
