-- NationECCode: the national decoder of electronic credentials, with all its kinds of questions. One export serves them all;
-- `transType` says which. devices/credential.lua is the same library as the Fujian specification's sample uses it.
--
-- business_type (用码业务类型): 01101 挂号, 01102 住院建档, 01103 入院登记, 01104 缴纳预缴金, 01201 问诊, 01202 预约检查,
-- 01203 检查, 01204 治疗, 01301 结算, 01302 取药, 01303 取报告, 01304 打印票据和清单, 01305 病历材料复印, 02121 药店购药,
-- 02122 下载外购处方, 03131 医疗类APP线上身份认证, 03132 线上结算.
--
-- Answers are not of one mind: `code` is 0 or "0", `data` an object or JSON inside a text, nothing null or "null". `code`, `ok`
-- and paths such as data.idNo take either.

-- A method that asks one kind of question; `more` is what it says besides.
local function question(trans_type, more)
  local data = {
    orgId        = { setting = "org_id" },
    businessType = { setting = "business_type" },
    operatorId   = { setting = "operator_id" },
    operatorName = { setting = "operator_name" },
    officeId     = { setting = "office_id" },
    officeName   = { setting = "office_name" },
    deviceType   = { setting = "device_type" },
  }
  for name, input in pairs(more or {}) do
    data[name] = input
  end
  return { "NationEcTrans", { setting = "url" },
    { json = { data = data, orgId = { setting = "org_id" }, transType = trans_type } },
    json = { "answer", as = "json", code = "code", ok = "0", error = "message" } }
end

return mps.library {
  title = "电子医保凭证解码库（全部业务）",
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
    business_type = { title = "用码业务类型", default = "01101" },
    device_type   = { title = "设备类型，自助机填SelfService", default = "" },
  },

  functions = {
    -- Returns "0000" when the call itself went well; otherwise `answer` holds the error's text or JSON.
    NationEcTrans = { "str url", "str request", "out[65536] answer", returns = "str", ok = "0000", error = "answer" },
  },

  -- Codes of the answer; the answer's own message comes first.
  errors = {
    [-2]    = { "没有扫到码，可能是取消了扫码", advice = "请重新扫码" },
    [40004] = { "医保码已过期", advice = "请病人刷新医保码后重新扫码" },
  },

  methods = {
    query      = question("ec.query"),                      -- a scanner on the desk: scan and decode
    terminal   = question("cn.nhsa.qrcode.get"),            -- the business terminal (医保业务综合服务终端) scans
    id_card    = question("cn.nhsa.cert.get"),              -- the terminal reads an identity card
    face       = question("cn.nhsa.ec.auth"),               -- the terminal looks at a face: data.authNo
    face_check = question("cn.nhsa.auth.check", { authNo = { request = "authNo" } }),  -- and who that was
  },
}
