return mps.funid {
  title = "医保病人信息",
  request = {
    { "mdtrt_cert_type", title = "就诊凭证类型", required = true, values = { ["03"] = "社会保障卡" } },
  },
  call = "card.read_card",
  response = {
    { "idcard_no", from = "id",       title = "身份证号" },
    { "card_no",   from = "cardnum",  title = "卡号" },
    { "name",      from = "name",     title = "姓名" },
    { "card_code", from = "cardCode", title = "卡识别码" },
    { "ssc_kind",  value = "3",       title = "卡的代别" },
  },
}
