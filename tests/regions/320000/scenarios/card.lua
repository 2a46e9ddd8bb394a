local function read(t)
  return t:call("N04.00.00.01", { mdtrt_cert_type = "03" })
end

scenario("读到的卡", function(t)
  t:device("card"):answers { aac002 = "XXXX", aaz500 = "A1", aac003 = "李四", aaz501 = "C1", aae031 = "20310118" }
  local r = read(t)
  t:expect(r.body.name):is("李四")
  t:expect(r.body.card_ends):is("2031-01-18")
end)

scenario("有效期不是日期", function(t)
  t:device("card"):answers { aac003 = "李四", aae031 = "长期" }
  t:expect(read(t).body.card_ends):is("")
end)

scenario("原因写在卡的位置上", function(t)
  t:device("card"):fails(-1, "请先初始化")
  t:expect(read(t).msg):contains("接口ReadCardBas失败[-1]:请先初始化")
end)
