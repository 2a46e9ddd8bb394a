return mps.funid {
  title = "医保病人信息",
  request = {
    { "mdtrt_cert_type", title = "就诊凭证类型", required = true, values = { ["03"] = "社会保障卡" } },
  },
  call = "card.read_card",
  response = {
    { "idcard_no",  from = "aac002", title = "身份证号" },
    { "card_no",    from = "aaz500", title = "卡号" },
    { "name",       from = "aac003", title = "姓名" },
    { "card_code",  from = "aaz501", title = "卡识别码" },
    { "card_ends",  from = "aae031", title = "卡有效期", map = function(value) return mps.date.parse(value) or "" end },
  },
}
