-- 江苏: HeaSecReadInfo as the institutions' specification has it. Its first call takes JSON; on failure the card's text is the reason.
return mps.library {
  title = "江苏社会保障卡读卡器",
  file = { windows = "HeaSecReadInfo.dll", linux = "libHeaSecReadInfo.so" },
  timeout = 60,
  settings = {
    ip         = { title = "前置服务地址", required = true },
    port       = { title = "前置服务端口", default = 8080 },
    org_id     = { title = "定点机构编号", required = true },
    access_key = { title = "访问密钥", required = true, secret = true },
  },
  functions = {
    Init        = { "str pInitInfo", "out[4096] pErrMsg", returns = "i32", ok = 0, error = "pErrMsg" },
    ReadCardBas = { "out[2048] pCardInfo", "out[8192] pBusiCardInfo", returns = "i32", ok = 0, error = "pCardInfo" },
  },
  open = { "Init", { json = {
    IP            = { setting = "ip" },
    PORT          = { setting = "port" },
    TIMEOUT       = 60,
    CARD_PASSTYPE = "1",
    ORG_ID        = { setting = "org_id" },
    ACCESS_KEY    = { setting = "access_key" },
  } } },
  methods = {
    -- 38号文: eleven fields, each closed by a bar.
    read_card = { "ReadCardBas",
      split = { "pCardInfo", "|", "aab301", "aac002", "aaz500", "aaz501", "aac003", "atr", "version", "aae030", "aae031" } },
  },
}
