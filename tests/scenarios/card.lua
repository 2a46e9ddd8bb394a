-- 社会保障卡：scripts/devices/card.lua，接口SSC_*。
local function read(t)
  return t:call("N04.00.00.01", { mdtrt_cert_type = "03" })
end

scenario("读到的卡", function(t)
  t:device("card"):answers { id = "XXXXXXXX", cardnum = "A1", name = "张三", cardCode = "C1" }
  local r = read(t)
  t:expect(r.result):is("0")
  t:expect(r.body):is { idcard_no = "XXXXXXXX", card_no = "A1", name = "张三", card_code = "C1" }
  t:expect(t:device("card")):was_called("SSC_Open", { "USB1" })
  t:expect(t:device("card")):was_called_times(1, "SSC_Close")
end)

scenario("设置从mps.toml来", function(t)
  t:config [[device.card.port = "COM3"]]
  read(t)
  t:expect(t:device("card")):was_called("SSC_Open", { "COM3" })
end)

-- devices/card.lua里errors的每一行。
local errors = { { -1, "设备未打开！" }, { -2, "无卡" }, { -11, "读写器连接失败" }, { -99, "返回码-99" } }

scenario.each("打开失败${1}", errors, function(t, row)
  t:device("card"):on("SSC_Open"):fails(row[1])
  t:expect(read(t).msg):is("接口SSC_Open 失败:" .. row[2])
  t:expect(t:device("card")):was_not_called("SSC_ReadCard")
end)

scenario.each("读卡失败${1}", errors, function(t, row)
  t:device("card"):fails(row[1])
  local r = read(t)
  t:expect(r.msg):is("接口SSC_ReadCard 失败:" .. row[2])
  t:expect(r.body.name):is("")
  t:expect(t:device("card")):was_called("SSC_Close")
end)

scenario("库自己说的原因优先", function(t)
  t:device("card"):fails(-2, "请插卡")
  t:expect(read(t).msg):is("接口SSC_ReadCard 失败:请插卡")
end)

scenario("卡在两步之间被拔走", function(t)
  t:device("card"):after("SSC_Open"):fails(-2)
  t:expect(read(t).msg):contains("无卡")
end)

scenario("先失败一次，再读到", function(t)
  t:device("card"):fails(-2):once()
  t:device("card"):answers { name = "李四" }
  t:expect(read(t).msg):contains("无卡")
  t:expect(read(t).body.name):is("李四")
  t:expect(read(t).body.name):is("李四")
end)

scenario("依次应答", function(t)
  t:device("card"):answers({ name = "甲" }, { name = "乙" })
  t:expect(read(t).body.name):is("甲")
  t:expect(read(t).body.name):is("乙")
  t:expect(read(t).body.name):is("乙")
end)

scenario("读卡器被拔掉", function(t)
  t:device("card"):hangs()
  t:expect(read(t).msg):contains("SSC_ReadCard超时：30秒")
  t:expect(t.elapsed):is(30)                                -- 虚拟的秒数
  t:expect(read(t).msg):contains("设备忙：之前超时的SSC_ReadCard仍未返回")
  t:device("card"):recovers()
  t:expect(read(t).result):is("0")
end)

scenario("慢，但还来得及", function(t)
  t:device("card"):answers { name = "张三" }:takes(29)
  local r = read(t)
  t:expect(r.body.name):is("张三")
  t:expect(r.elapsed):is(29)
end)

scenario("慢过了时限，后来又返回", function(t)
  t:device("card"):answers { name = "张三" }:takes(40):once()
  t:expect(read(t).msg):contains("超时")
  t:expect(read(t).msg):contains("设备忙")
  t:wait(10)
  t:expect(read(t).result):is("0")
end)

scenario("时限按mps.toml", function(t)
  t:config [[device.card.timeout = 5]]
  t:device("card"):on("SSC_Open"):hangs()
  t:expect(read(t).msg):contains("SSC_Open超时：5秒")
end)

scenario("写过头", function(t)
  t:device("card"):overruns(8)
  t:expect(read(t).msg):contains("SSC_ReadCard写入info至少4104字节，超出声明的4096字节")
end)

scenario("动态库不在", function(t)
  t:config [[device.card.folder = "C:/nowhere"]]
  t:device("card"):lacks_file()
  t:expect(read(t).msg):contains("找不到厂商动态库")
end)

scenario("缺少依赖的动态库", function(t)
  t:device("card"):lacks_dependency("dc_card32.dll")
  t:expect(read(t).msg):contains("缺少它依赖的dc_card32.dll")
end)

scenario("位数不同", function(t)
  t:device("card"):has_wrong_bitness()
  t:expect(read(t).msg):contains("位数")
end)

scenario("没有导出函数", function(t)
  t:device("card"):on("SSC_ReadCard"):lacks_function()
  t:expect(read(t).msg):contains("没有导出函数SSC_ReadCard")
end)

scenario("别的窗口正在用", function(t)
  t:device("card"):is_busy()
  t:expect(read(t).msg):contains("设备忙：另一个调用正在使用设备，等待10秒")
  t:expect(t.elapsed):is(10)
end)

scenario("少了几段", function(t)
  t:device("card"):answers("350200|XXXXXXXX")
  t:expect(read(t).msg):contains("返回数据不完整，应有5段，实有2段")
end)

scenario("断在一个汉字的中间", function(t)
  t:device("card"):answers("350200|X|A1|C1|张三"):cut_to(18)
  t:expect(read(t).body.name):is("张�")
end)

scenario("以UTF-8写来的姓名", function(t)
  t:device("card"):answers { name = "张三" }:encoded_as("UTF-8")
  t:expect(read(t).body.name):is("寮犱笁")
end)

scenario("不是文字的字节", function(t)
  t:device("card"):answers { info = "350200|X|A1|C1|\xff\xff" }
  t:expect(read(t).body.name):is("��")
end)

scenario("罕用字", function(t)
  t:device("card"):answers { info = mps.text.encode("350200|X|A1|C1|䶮", "GB18030") }
  local r = read(t)
  t:expect(r.body.name):is("䶮")
  t:expect(r.text):contains("&#19886;")                     -- GBK没有这个字
end)

scenario("动态库崩溃，下一次照常", function(t)
  t:device("card"):crashes():once()
  t:expect(read(t).msg):contains("在SSC_ReadCard中崩溃")
  t:expect(read(t).result):is("0")
end)
