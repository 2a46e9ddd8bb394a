local function read(t)
  return t:call("N04.00.00.01", { mdtrt_cert_type = "03" })
end

scenario("本省的卡", function(t)
  t:device("card"):on("ReadCardBasGZ"):answers { info = "440600|XXXX|A1|C1|张三|", sign = "WFhYWA==" }
  local r = read(t)
  t:expect(r.body.name):is("张三")
  t:expect(r.body.mdtrt_cert_type):is("02")
  t:expect(r.body.hcard_chkinfo):is("WFhYWA==")
end)

scenario("外省的卡", function(t)
  t:device("card"):on("ReadCardBasGZ"):answers { info = "350200|XXXX|A1|C1|张三|" }
  t:expect(read(t).body.mdtrt_cert_type):is("03")
end)

scenario("什么也没读到", function(t)
  t:device("card"):on("ReadCardBasGZ"):answers { info = "" }
  t:expect(read(t).msg):is("未读到社会保障卡，请重新插卡后再试")
end)

scenario("服务连不上", function(t)
  t:device("card"):on("Init"):fails(-1)
  t:expect(read(t).msg):contains("接口Init失败[-1]")
end)
