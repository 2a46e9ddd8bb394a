local function read(t)
  return t:call("N04.00.00.01", { mdtrt_cert_type = "03" })
end

scenario("尖角号里包着竖线", function(t)
  t:device("card"):answers { output = "2001^1001^0000^成功^^^331100|XXXX|A1|C1|王五^" }
  t:expect(read(t).body.name):is("王五")
  t:expect(t:device("card")):was_called("cpinterface", { 2001, "2001^1001^" })
end)

scenario("卡已锁定", function(t)
  t:device("card"):answers { output = "2001^1001^8005^卡已锁定^^^^" }
  t:expect(read(t).msg):is("读卡失败[8005]:卡已锁定")
end)

scenario("无卡", function(t)
  t:device("card"):fails(-2)
  t:expect(read(t).msg):contains("接口cpinterface失败[-2]:无卡，请插入社会保障卡")
end)
