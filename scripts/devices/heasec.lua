-- HeaSecReadInfo: the national baseline's library for institutions (动态库函数, 1.14): cards, identity cards and credentials.
-- Init comes before everything else. What went wrong stands in the buffer that the data would be in. The manual says `long` of
-- what is returned; i32 takes its lower half, which is right for every build on every system.
local reading = { "out[4096] text", "out[8192] business", returns = "i32", ok = 0, error = "text" }
local asking = { "str request", "out[65536] answer", returns = "i32", ok = 0, error = "answer" }
local pin = { "out[4096] text", returns = "i32", ok = 0, error = "text" }

return mps.library {
  title = "医保读卡动态库",
  file = { windows = "HeaSecReadInfo.dll", linux = "libHeaSecReadInfo.x86_64.so" },
  -- On Linux the reader maker's library has to be there first: preload = { linux = { "libdcrf32.so" } }
  convention = "stdcall",
  charset = "GBK",                                          -- some builds for Linux use UTF-8
  timeout = 120,                                            -- seconds; a PIN is typed, a code is looked for
  settings = {
    ip            = { title = "服务器地址", required = true },
    port          = { title = "服务器端口", default = 8080 },
    wait          = { title = "服务器时限，秒", default = 60 },
    log_path      = { title = "日志文件夹，至多三层，不含汉字和空格", default = "" },
    ec_url        = { title = "凭证解码服务网址", default = "" },
    pin_kind      = { title = "校验的密码：1卡密码，2数据库密码", default = "1" },
    api_name      = { title = "网关接口名称", default = "" },
    api_version   = { title = "网关接口版本", default = "" },
    access_key    = { title = "网关访问标识", default = "", secret = true },
    secret_key    = { title = "网关密钥", default = "", secret = true },
    org_id        = { title = "定点机构编号", required = true },
    area_code     = { title = "统筹区编码", required = true },
    reader_kind   = { title = "身份证读卡器种类，内蒙古等地要用", default = "" },
    ext           = { title = "扩展信息，JSON文本", default = "" },
    operator_id   = { title = "操作员编号", default = "" },
    operator_name = { title = "操作员姓名", default = "" },
    business_type = { title = "用码业务类型", default = "01101" },   -- the list stands in devices/nation_ec.lua
  },

  functions = {
    Init          = { "str settings", "out[4096] error", returns = "i32", ok = 0, error = "error" },
    ReadCardBas   = reading,
    ReadSFZ       = { "str? photo", "out[4096] text", "out[8192] business", returns = "i32", ok = 0, error = "text" },
    VerifyPIN     = pin,
    ChangePIN     = pin,
    EcQuery       = asking,
    GetPersonInfo = asking,                                 -- 四合一介质: its JSON differs by region, call it from a method there
  },

  -- The specification names no codes but 0; the text in the buffer says more.
  errors = {
    [-1] = { "动态库没有说明原因", advice = "请查看log_path中的日志" },
    [1]  = { "动态库没有说明原因", advice = "请核对mps.toml中的设置，查看log_path中的日志" },
  },

  open = { "Init", { json = {
    IP = { setting = "ip" }, PORT = { setting = "port" }, TIMEOUT = { setting = "wait" },
    LOG_PATH = { setting = "log_path" }, EC_URL = { setting = "ec_url" }, CARD_PASSTYPE = { setting = "pin_kind" },
    API_NAME = { setting = "api_name" }, API_VERSION = { setting = "api_version" },
    ACCESS_KEY = { setting = "access_key" }, SECRETKEY = { setting = "secret_key" },
    ORG_ID = { setting = "org_id" }, AREA_CODE = { setting = "area_code" },
    SFZ_DRIVER_TYPE = { setting = "reader_kind" }, EXT = { setting = "ext" },
  } } },
  probe = true,

  methods = {
    read_card = { "ReadCardBas", split = { "text", "|",
      "area", "id", "cardnum", "cardCode", "name", "reset", "version", "issued", "expires", "terminal", "reader" } },
    read_id_card = { "ReadSFZ", "", split = { "text", "|",     -- "": no photo
      "name", "sex", "nation", "birthday", "address", "id", "issued", "expires", "issuer" } },
    verify_pin = { "VerifyPIN" },
    change_pin = { "ChangePIN" },
    query = { "EcQuery",
      { json = {
          data = {
            orgId        = { setting = "org_id" },
            businessType = { setting = "business_type" },
            operatorId   = { setting = "operator_id" },
            operatorName = { setting = "operator_name" },
          },
          orgId     = { setting = "org_id" },
          transType = "ec.query",
      } },
      json = { "answer", as = "json", code = "code", ok = "0", error = "message" } },
  },
}
