-- ssse_reader: a packed structure, an int that the function writes, and a function that explains codes.
local explained = { call = "get_error_message" }
return mps.library {
  title = "珠海社保卡读卡器",
  file = { windows = "ssse_reader.dll", linux = "libssse_reader.so" },
  structs = {
    CardUserInfo = { pack = 1,
      "char[33] card_id", "char[10] card_no", "char[9] card_issue_date", "char[19] user_id", "char[31] user_name",
      "char[2] user_sex", "char[16] user_phone_number" },
  },
  functions = {
    icc_reader_open  = { "str port", returns = "i32", ok = ">0", error = explained },
    icc_reader_close = { "i32 handle", returns = "i32", ok = 0 },
    icc_reader_get_card_user_info = { "i32 handle", "str pin", "struct CardUserInfo info", "out i32 tries",
      returns = "i32", ok = 0, error = explained },
    get_error_message = { "i32 code", "out[256] text" },
  },
  open  = { "icc_reader_open", "USB" },
  close = { "icc_reader_close", { open = "returns" } },
  methods = {
    read      = { "icc_reader_get_card_user_info", { open = "returns" }, "123456" },
    wrong_pin = { "icc_reader_get_card_user_info", { open = "returns" }, "000000" },
    overrun   = { "icc_reader_get_card_user_info", { open = "returns" }, "LONG" },
    nul       = function(lib)
      lib.icc_reader_get_card_user_info(lib.opened.returns, "1234\0" .. "56")
    end,
    by_hand   = function(lib)
      local r = lib.icc_reader_get_card_user_info(lib.opened.returns, "123456")
      return { name = r.info.user_name, tries = r.tries }
    end,
  },
}
