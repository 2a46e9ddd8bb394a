return mps.funid {
  title = "医保病人信息",
  request = {
    { "mdtrt_cert_type", title = "就诊凭证类型", required = true, values = { ["03"] = "社会保障卡" } },
  },
  call = "card.read_card",
  response = {
    { "mdtrt_cert_type", from = "cert_type", title = "就诊凭证类型" },
    { "idcard_no",       from = "shbzhm",    title = "身份证号" },
    { "card_no",         from = "sbkh",      title = "卡号" },
    { "name",            from = "xm",        title = "姓名", map = mps.text.trim },
    { "card_code",       from = "kssbm",     title = "卡识别码" },
    { "hcard_basinfo",   from = "basinfo",   title = "持卡就诊基本信息" },
    { "hcard_chkinfo",   from = "chkinfo",   title = "持卡就诊校验信息" },
  },
}
