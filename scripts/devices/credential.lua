-- 电子医保凭证: NationECCode, the national decoder. It shows its own window and waits for the patient's code.
return mps.library {
  title = "电子医保凭证解码库",
  file = { windows = "NationECCode.dll", linux = "libNationECCode.so" },
  convention = "stdcall",
  charset = "GBK",
  timeout = 120,                                            -- seconds; the patient is looking for the phone
  settings = {
    url           = { title = "凭证解码服务地址", required = true },
    org_id        = { title = "定点机构编号", required = true },
    operator_id   = { title = "操作员编号", default = "" },
    operator_name = { title = "操作员姓名", default = "" },
    office_id     = { title = "科室编号", default = "" },
    office_name   = { title = "科室名称", default = "" },
    business_type = { title = "用码业务类型", default = "01101" },   -- 01101 挂号, 01301 结算, 01302 取药 …
    device_type   = { title = "设备类型", default = "" },            -- SelfService: a self-service terminal
  },

  functions = {
    -- Returns "0000" when the call itself went well; otherwise `answer` holds the error's text or JSON.
    NationEcTrans = { "str url", "str request", "out[65536] answer", returns = "str", ok = "0000", error = "answer" },
  },
  failure = "电子凭证解析错误[code=${code},msg=${error}]{SERVER}",

  methods = {
    query = { "NationEcTrans", { setting = "url" },
      { json = {
          data = {
            orgId        = { setting = "org_id" },
            businessType = { setting = "business_type" },
            operatorId   = { setting = "operator_id" },
            operatorName = { setting = "operator_name" },
            officeId     = { setting = "office_id" },
            officeName   = { setting = "office_name" },
            deviceType   = { setting = "device_type" },
          },
          orgId     = { setting = "org_id" },
          transType = "ec.query",
      } },
      -- `json` is the whole answer as the vendor wrote it; `data.idNo` and the like pick from it.
      json = { "answer", as = "json", code = "code", ok = "0", error = "message" } },
  },
}
