-- 广州: capacities are passed beside their buffers, nothing but the text itself tells success, and a signature comes with it.
return mps.library {
  title = "广州社会保障卡读卡器",
  file = { windows = "SSCard.dll", linux = "libSSCardGZ.so" },
  timeout = 30,
  settings = {
    url  = { title = "社保卡服务地址", required = true },
    user = { title = "操作员", default = "" },
  },
  functions = {
    Init          = { "str url", "str user", returns = "long", ok = 0 },
    ReadCardBasGZ = { "out[1024] info", "i32 info_size", "out[1024] sign", "i32 sign_size", returns = "long" },
  },
  open = { "Init", { setting = "url" }, { setting = "user" } },
  methods = {
    read_card = function(lib)
      local r = lib.ReadCardBasGZ(1024, 1024)
      if mps.text.trim(r.info) == "" then
        mps.fail("未读到社会保障卡，请重新插卡后再试")
      end
      local card = mps.text.split(r.info, "|", { "area", "shbzhm", "sbkh", "kssbm", "xm" })
      -- Cards of the own province are looked up by their holder's number.
      card.cert_type = card.area:find("^440") and "02" or "03"
      card.basinfo, card.chkinfo = r.info, r.sign
      return card
    end,
  },
}
