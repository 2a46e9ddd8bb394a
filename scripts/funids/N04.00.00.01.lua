-- N04.00.00.01 医保病人信息 (specification, chapter 4 读卡服务接口)
return mps.funid {
  title = "医保病人信息",
  request = {
    { "mdtrt_cert_type", title = "就诊凭证类型", required = true,
      values = { ["01"] = "电子医保凭证", ["03"] = "社会保障卡" } },
  },
  by = "mdtrt_cert_type",                                   -- its value chooses the way below

  ["03"] = {
    call = "card.read_card",                                -- devices/card.lua
    response = {
      { "idcard_no", from = "id",       title = "身份证号" },
      { "card_no",   from = "cardnum",  title = "卡号" },
      { "name",      from = "name",     title = "姓名" },
      { "card_code", from = "cardCode", title = "卡识别码" },
    },
  },

  ["01"] = {
    call = "credential.query",                              -- devices/credential.lua
    response = {
      { "out_put", from = "json", title = "医保电子凭证解析输出", block = true },
    },
  },
}
