-- Asks the region's server to vouch for a card, between the two steps of devices/sscard_driver.lua.
-- `step1` is what iReadCardBas_HSM_Step1 gave: 行政区划|复位信息|算法标识|卡识别码|鉴权数据…|
-- The result is what iReadCardBas_HSM_Step2 wants: the server's two blocks, "A|B|".
-- Every region's server speaks its own way: write regions/<code>/lib/sscard_server.lua, which takes this file's place.
return function(step1, settings)
  local answer = mps.http.post {
    url = settings.server_url,                              -- its host stands in [http] hosts of mps.toml
    body = mps.json.encode({ orgId = settings.org_id, cardInfo = step1 }),
  }
  if not answer.ok then
    mps.fail("社保卡鉴权失败:" .. answer.error)
  end
  if mps.json.get(answer.body, "code") ~= "0" then
    mps.fail("社保卡鉴权失败:" .. (mps.json.get(answer.body, "message") or "服务器没有说明原因"))
  end
  local key = mps.json.get(answer.body, "data.key")
  if not key then
    mps.fail("社保卡鉴权失败:服务器的回答里没有data.key")
  end
  return tostring(key)
end
