-- 电子医保凭证：scripts/devices/credential.lua
scenario("支付码过期", function(t)
  t:device("credential"):answers { code = 40004, message = "结算支付码已过期，请重新获取" }
  local r = t:call("N04.00.00.01", { mdtrt_cert_type = "01" })
  t:expect(r.result):is("-1")
  t:expect(r.msg):contains("code=40004")
end)
