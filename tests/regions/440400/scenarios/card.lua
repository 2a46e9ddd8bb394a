local function read(t)
  return t:call("N04.00.00.01", { mdtrt_cert_type = "03" })
end

scenario("读到的卡", function(t)
  t:device("card"):on("OpenDevice"):answers { returns = 5 }
  t:device("card"):on("SsseReadCard", { 5, 3 }):answers { info = "C1:3:3.00:I:20200101:20300101:A1:XXXX:赵六:" }
  t:expect(read(t).body.name):is("赵六")
  t:expect(t:device("card")):was_called("CloseDevice", { 5 })
end)

scenario("打不开读卡器，原因要另外问", function(t)
  t:device("card"):on("OpenDevice"):fails(-3)
  t:device("card"):on("GetErrorText", { -3 }):answers("通讯超时")
  t:expect(read(t).msg):is("打开读卡器失败:通讯超时")
end)

scenario("读不了也要关上", function(t)
  t:device("card"):on("OpenDevice"):answers { returns = 5 }
  t:device("card"):on("SsseReadCard"):fails(-7)
  t:device("card"):on("GetErrorText"):answers("证件类型不符")
  t:expect(read(t).msg):is("读卡失败:证件类型不符")
  t:expect(t:device("card")):was_called("CloseDevice", { 5 })
end)
