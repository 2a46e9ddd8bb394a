-- 社会保障卡 by PC/SC: any reader that the system knows, without a vendor's library. Cards of the first and second generation
-- can be read by anybody; the third asks for a PSAM card and so for the vendor's driver, and says so.
return mps.library {
  title = "社会保障卡（PC/SC读卡器）",
  builtin = "pcsc",                                         -- its functions: connect, disconnect, read_card, read_item, transmit, cancel
  timeout = 30,                                             -- seconds, for each function
  settings = {
    reader = { title = "读卡器名称中的一段（空：任何一个有卡的）", default = "" },
    wait   = { title = "等待插卡的秒数", default = 10 },
  },

  -- The application that the card must have; "" takes any card.
  open  = { "connect", { setting = "reader" }, { setting = "wait" }, "sx1.sh.社会保障" },
  close = { "disconnect" },
  failure = "读社会保障卡失败：${error}，${advice}",

  methods = {
    -- id, cardnum, name, cardCode, area, sex, nation, birthplace, birthday, class, version, institution, issued, expires
    read_card = { "read_card" },
    -- Ends the waiting for a card of a call that another thread of the hospital's program made.
    cancel = { "cancel" },
  },
}
