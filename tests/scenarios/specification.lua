-- 规范的样例报文，逐字节。
local samples = {
  { name = "社会保障卡", request = "request-card.xml", response = "response-card-ok.xml" },
  { name = "电子医保凭证", request = "request-credential.xml", response = "response-credential-ok.xml" },
}

scenario.each("规范样例：${name}", samples, function(t, sample)
  local r = t:send(t:file("../vectors/" .. sample.request))
  t:expect(r.code):is(0)
  t:expect(r.bytes):is(t:file("../vectors/" .. sample.response))
end)

scenario("规范样例：社会保障卡失败", function(t)
  t:device("card"):on("SSC_Open"):fails(-1)
  local r = t:send(t:file("../vectors/request-card.xml"))
  t:expect(r.bytes):is(t:file("../vectors/response-card-failed.xml"))
end)

scenario("规范样例：电子医保凭证失败", function(t)
  t:device("credential"):answers {
    code = 40004, message = "结算支付码已过期，请重新获取[8ac6008e81d81271018381d21f2b4097]",
  }
  local r = t:send(t:file("../vectors/request-credential.xml"))
  t:expect(r.bytes):is(t:file("../vectors/response-credential-failed.xml"))
end)

scenario("请求以各种编码写来，就以那种编码答复", function(t)
  for _, charset in ipairs { "GBK", "GB18030", "UTF-8", "UTF-16" } do
    local r = t:call("N04.00.00.01", { mdtrt_cert_type = "03" }, { charset = charset })
    t:expect(r.charset):is(charset)
    t:expect(r.body.card_no):is("DGXXXXXX")
  end
end)

scenario("PowerBuilder的Space(1024)放不下凭证", function(t)
  local r = t:call("N04.00.00.01", { mdtrt_cert_type = "01" }, { buffer = "spaces", capacity = 1025 })
  t:expect(r.result):is("-1")
  t:expect(r.msg):contains("resp只有1025字节")
end)

scenario("16位的Space(1024)", function(t)
  local r = t:call("N04.00.00.01", { mdtrt_cert_type = "03" },
    { charset = "UTF-16", buffer = "wide_spaces", capacity = 2050 })
  t:expect(r.body.card_no):is("DGXXXXXX")
end)

scenario("缓冲区连失败报文也放不下", function(t)
  local r = t:call("N04.00.00.01", { mdtrt_cert_type = "03" }, { buffer = "spaces", capacity = 20 })
  t:expect(r.code):is(-3)
  t:expect(r.result):is(nil)
end)

scenario("不是报文的字节", function(t)
  local r = t:send("\xff\xfe\x00")
  t:expect(r.result):is("-1")
  t:expect(t:device("card")):was_not_called()
end)
