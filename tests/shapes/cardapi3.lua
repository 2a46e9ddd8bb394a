-- cardapi3: UTF-16 throughout, wchar arrays in a structure aligned to eight bytes.
return mps.library {
  title = "cardapi3身份证读卡器",
  file = { windows = "cardapi3.dll", linux = "libcardapi3.so" },
  charset = "UTF-16",
  structs = {
    PERSONINFOW = { pack = 8,
      "wchar[16] name", "wchar[2] sex", "wchar[10] nation", "wchar[10] birthday", "wchar[36] address", "wchar[20] cardId",
      "wchar[16] police", "wchar[10] validStart", "wchar[10] validEnd", "wchar[2] sexCode", "wchar[4] nationCode",
      "wchar[36] appendMsg", "u8 version", "i64 counter" },
  },
  functions = {
    GetPersonMsgW = { "struct PERSONINFOW info", "str image", returns = "i32", ok = 0, error = { call = "GetErrorTextW" } },
    GetErrorTextW = { "out[64] text", "u32 chars(text)" },
  },
  methods = {
    read    = { "GetPersonMsgW", "D:\\照" },
    no_card = { "GetPersonMsgW", "" },
  },
}
