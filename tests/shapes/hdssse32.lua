-- HDSSSE32: twelve parameters, a buffer for each item.
return mps.library {
  title = "华大读卡器",
  file = { windows = "HDSSSE32.dll", linux = "libHDSSSE32.so" },
  functions = {
    PICC_Reader_ReadIDMsg = { "i32 handle", "out[256] photo", "out[64] name", "out[8] sex", "out[32] nation", "out[16] birth",
      "out[128] address", "out[32] number", "out[64] department", "out[16] from", "out[16] until_", "out[256] error",
      returns = "i32", ok = 0, error = "error" },
  },
  methods = {
    read    = { "PICC_Reader_ReadIDMsg", 1 },
    failing = { "PICC_Reader_ReadIDMsg", 0 },
    overrun = { "PICC_Reader_ReadIDMsg", 2 },
  },
}
