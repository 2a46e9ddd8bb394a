-- Stands in for devices/nation_ec.lua with --sim or `simulate = true`: answers of the kinds that the library really gives.
local PERSON = '{"idNo":"XXXXXXXX","idType":"01","userName":"XXX","ecToken":"XXXX","insuOrg":"350200","email":"null"}'

return mps.simulation {
  title = "模拟电子医保凭证解码库",
  functions = {
    NationEcTrans = function(_, request)
      local kind = mps.json.get(request, "transType")
      local data = PERSON
      if kind == "cn.nhsa.ec.auth" then
        data = '{"authNo":"XXXX"}'
      elseif kind == "cn.nhsa.qrcode.get" then
        data = mps.json.encode(PERSON)                      -- JSON inside a text
      end
      return { returns = "0000", answer = '{"code":0,"data":' .. data .. ',"message":"成功","transType":"' .. kind .. '"}' }
    end,
  },
}
