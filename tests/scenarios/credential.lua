-- 电子医保凭证：scripts/devices/credential.lua，NationECCode。
local function query(t)
  return t:call("N04.00.00.01", { mdtrt_cert_type = "01" })
end

scenario("支付码过期", function(t)
  t:device("credential"):answers { code = 40004, message = "结算支付码已过期，请重新获取" }
  local r = query(t)
  t:expect(r.result):is("-1")
  t:expect(r.msg):is("电子凭证解析错误[code=40004,msg=结算支付码已过期，请重新获取]{SERVER}")
end)

scenario("读到的凭证原样返回", function(t)
  t:device("credential"):answers { code = "0", data = { idNo = "XXXX", userName = "张三" } }
  local r = query(t)
  t:expect(r.result):is("0")
  t:expect(r.body.out_put):is('{"code":"0","data":{"idNo":"XXXX","userName":"张三"}}')
end)

scenario("问的是什么", function(t)
  t:config [[
device.credential.url = "https://ec.example/api"
device.credential.org_id = "H350XXXXXX"
]]
  query(t)
  t:expect(t:device("credential")):was_called("NationEcTrans", { "https://ec.example/api", t.any })
end)

-- 返回值不是"0000"：answer里是原因，或说得更多的JSON。
scenario("调用失败，只有文字", function(t)
  t:device("credential"):fails("1001", "网络不通")
  t:expect(query(t).msg):is("电子凭证解析错误[code=1001,msg=网络不通]{SERVER}")
end)

scenario("调用失败，answer里是JSON", function(t)
  t:device("credential"):answers { returns = "1001", code = 40001, message = "机构未登记" }
  t:expect(query(t).msg):is("电子凭证解析错误[code=40001,msg=机构未登记]{SERVER}")
end)

scenario("调用失败，没有说原因", function(t)
  t:device("credential"):fails("1001")
  t:expect(query(t).msg):is("电子凭证解析错误[code=1001,msg=返回码1001]{SERVER}")
end)

scenario("病人一直没有出示", function(t)
  t:device("credential"):hangs()
  t:expect(query(t).msg):contains("NationEcTrans超时：120秒")
  t:expect(t.elapsed):is_at_most(121)
end)

scenario("慢，但还来得及", function(t)
  t:device("credential"):answers { code = 0 }:takes(100)
  t:expect(query(t).result):is("0")
end)

scenario("JSON断了", function(t)
  t:device("credential"):answers { code = "0", data = { idNo = "XXXX" } }:cut_to(20)
  t:expect(query(t).msg):contains("不是完整的JSON")
end)

scenario("以UTF-8写来的JSON", function(t)
  t:device("credential"):answers { code = 40004, message = "过期" }:encoded_as("UTF-8")
  t:expect(query(t).msg):contains("code=40004")
end)

scenario("写过头", function(t)
  t:device("credential"):overruns()
  t:expect(query(t).msg):contains("超出声明的65536字节")
end)

scenario("动态库不在", function(t)
  t:device("credential"):lacks_file()
  t:expect(query(t).msg):contains("找不到厂商动态库")
end)

scenario("缺少依赖的动态库", function(t)
  t:device("credential"):lacks_dependency("libcurl.dll")
  t:expect(query(t).msg):contains("libcurl.dll")
end)

scenario("位数不同", function(t)
  t:device("credential"):has_wrong_bitness()
  t:expect(query(t).msg):contains("位数")
end)

scenario("没有导出函数", function(t)
  t:device("credential"):lacks_function()
  t:expect(query(t).msg):contains("没有导出函数NationEcTrans")
end)

scenario("正忙", function(t)
  t:device("credential"):is_busy()
  t:expect(query(t).msg):contains("设备忙")
end)

scenario("动态库崩溃，下一次照常", function(t)
  t:device("credential"):crashes():once()
  t:expect(query(t).msg):contains("在NationEcTrans中崩溃")
  t:expect(query(t).result):is("0")
end)
