-- 现成的设备脚本（scripts/devices）：各自errors里的每一行。地区991001等只把读卡交给它们，见tests/desk/product.rs。
local function read(t, region, kind)
  t:region(region)
  return t:call("N04.00.00.01", { mdtrt_cert_type = kind or "03" })
end

local driver = {
  { -1, "卡插反或无效卡，请将芯片朝上重新插卡" }, { -2, "无卡，请插入社会保障卡" },
  { -3, "卡片上电失败，请拔出卡，擦净芯片后重新插入" },
  { -4, "卡片无应答，请重新插卡；换一张卡能读时，请持卡人到发卡机构检查" },
  { -11, "读写器连接失败，请检查读写器的USB连接后重试" }, { -12, "读写器未连接，请重新插上读写器" },
  { -13, "读写器不支持这个指令，请向厂商要新的驱动" }, { -14, "参数错误，请核对mps.toml中的card_type" },
  { -15, "校验错误，请重新读卡；仍不行时检查PSAM卡和鉴权服务器" },
}
local no_psam = "读写器没有可用的PSAM卡，请检查PSAM卡，或在mps.toml中填写server_url，由地区服务器鉴权"
for _, code in ipairs { -24, -2201, -2202, -2203, -27272 } do
  driver[#driver + 1] = { code, no_psam }
end

scenario.each("SSCardDriver ${1}", driver, function(t, row)
  t:device("sscard_driver"):on("iReadCardBas", { 3 }):fails(row[1])
  t:expect(read(t, "991001").msg):is("接口iReadCardBas失败[" .. row[1] .. "]:" .. row[2])
end)

scenario("SSCardDriver读到的卡", function(t)
  t:device("sscard_driver"):answers("350200|XXXX|A1|C1|张三|R|3.00|20200101|20300101|T1|D1")
  local r = read(t, "991001")
  t:expect(r.body.name):is("张三")
  t:expect(r.body.card_no):is("A1")
end)

-- 没有PSAM卡：两步之间问地区的服务器（scripts/lib/sscard_server.lua）。
local function by_server(t)
  t:config [[device.sscard_driver.server_url = "http://10.0.0.9/hsm"]]
  local driver = t:device("sscard_driver")
  driver:on("iReadCardBas"):fails(-2201)
  driver:on("iReadCardBas_HSM_Step1"):answers("STEP1")
  driver:on("iReadCardBas_HSM_Step2", { "KEY" }):answers("350200|XXXX|A1|C1|张三|R|3.00|20200101|20300101|T1|D1")
  return driver
end

scenario("由地区服务器鉴权", function(t)
  local driver = by_server(t)
  t:http("http://10.0.0.9/hsm"):answers { body = { code = 0, data = { key = "KEY" } } }
  t:expect(read(t, "991001").body.name):is("张三")
  t:expect(t:http("http://10.0.0.9/hsm")):was_called("POST", { '{"cardInfo":"STEP1","orgId":""}' })
  t:expect(driver):was_called_times(1, "iReadCardBas_HSM_Step2")
end)

scenario("鉴权服务器不认这张卡", function(t)
  by_server(t)
  t:http("http://10.0.0.9/hsm"):answers { body = { code = "7", message = "卡已挂失" } }
  t:expect(read(t, "991001").msg):is("社保卡鉴权失败:卡已挂失")
end)

scenario("鉴权服务器不答", function(t)
  by_server(t)
  t:http("http://10.0.0.9/*"):hangs()
  t:expect(read(t, "991001").msg):contains("访问10.0.0.9:80失败，超时")
  t:expect(t.elapsed):is(10)
end)

scenario("鉴权服务器拒绝连接", function(t)
  by_server(t)
  t:http("http://10.0.0.9/hsm"):refuses()
  t:expect(read(t, "991001").msg):contains("拒绝连接")
end)

scenario("鉴权之后卡被拔走", function(t)
  by_server(t)
  t:http("http://10.0.0.9/hsm"):answers { body = { code = 0, data = { key = "KEY" } } }
  t:device("sscard_driver"):on("iReadCardBas_HSM_Step2", { t.any }):after("iReadCardBas_HSM_Step1"):fails(-2)
  t:expect(read(t, "991001").msg):contains("无卡")
end)

scenario.each("HeaSecReadInfo ${1}", {
  { -1, "动态库没有说明原因，请查看log_path中的日志" },
  { 1, "动态库没有说明原因，请核对mps.toml中的设置，查看log_path中的日志" },
}, function(t, row)
  t:device("heasec"):fails(row[1])
  t:expect(read(t, "991002").msg):is("接口ReadCardBas失败[" .. row[1] .. "]:" .. row[2])
end)

scenario("HeaSecReadInfo打不开", function(t)
  t:device("heasec"):on("Init"):fails(1, "初始化参数不正确")
  t:expect(read(t, "991002").msg):contains("接口Init失败[1]:初始化参数不正确")
end)

scenario.each("SSSE32 ${1}", {
  { -1, "卡插反或无效卡" }, { -2, "无卡" }, { -3, "卡片上电失败" }, { -4, "卡片无应答" }, { -11, "读写器连接失败" },
  { -12, "读写器未连接" }, { -13, "读写器不支持这个指令" }, { -14, "参数错误" }, { -15, "校验错误" },
}, function(t, row)
  t:device("ssse32"):on("ICC_Reader_Open"):answers { returns = 7 }
  t:device("ssse32"):on("ICC_Reader_PowerOn"):fails(row[1])
  t:expect(read(t, "991003").msg):contains("接口ICC_Reader_PowerOn失败[" .. row[1] .. "]:" .. row[2])
  t:expect(t:device("ssse32")):was_called("ICC_Reader_Close", { 7 })
end)

-- 卡自己的答复。
scenario.each("SSSE32 卡答复${1}", {
  { "6281", "数据可能有错" }, { "6982", "卡片要求安全认证" }, { "6983", "卡片已锁定" }, { "6A81", "卡片已锁定" },
  { "6A82", "不是社会保障卡" }, { "6A83", "卡上没有这一项" }, { "6D00", "不是社会保障卡" }, { "6F00", "卡片不接受这个命令" },
}, function(t, row)
  t:device("ssse32"):on("ICC_Reader_PowerOn"):answers { atr = "3B6D" }
  t:device("ssse32"):on("ICC_Reader_Application"):answers { answer = row[1] }
  t:expect(read(t, "991003").msg):contains("读卡失败[" .. row[1] .. "]:" .. row[2])
end)

scenario.each("NationECCode ${1}", {
  { "-2", "没有扫到码，可能是取消了扫码" }, { "40004", "医保码已过期" },
}, function(t, row)
  t:device("nation_ec"):answers { code = row[1] }
  t:expect(read(t, "991004", "01").result):is("-1")
  t:expect(read(t, "991004", "01").msg):contains("[" .. row[1] .. "]")
end)

-- 不用厂商动态库的设备：地区991005用PC/SC读卡，991006用扫码枪。失败的码是D030等，说明由读卡器自己给出，办法取自码表。
scenario.each("PC/SC ${1}", {
  { "D030", "智能卡服务不可用", "请启动系统服务" }, { "D031", "没有找到读卡器", "请检查读卡器的连接和驱动" },
  { "D032", "没有找到设置中指定的读卡器", "请核对mps.toml中的reader" },
  { "D033", "没有检测到卡", "请插入或放好社会保障卡后重试" }, { "D034", "卡没有应答", "请检查卡是否插反" },
  { "D036", "读卡器正被另一个程序使用", "请等它用完" }, { "D038", "不是社会保障卡", "请换社会保障卡" },
  { "D043", "脚本对读卡器的使用不正确", "请核对设备脚本" }, { "D044", "智能卡服务出错", "请重新插卡" },
  { "D045", "没有在时限内完成", "请检查设备后重试" }, { "D046", "已取消", "需要时请重新操作" },
}, function(t, row)
  local pcsc = t:device("pcsc")
  pcsc:on("connect"):fails(row[1], row[2])
  local r = read(t, "991005")
  t:expect(r.result):is("-1")
  t:expect(r.msg):starts_with("读社会保障卡失败：" .. row[2] .. "，" .. row[3])
  t:expect(pcsc):was_not_called("read_card")
end)

scenario.each("PC/SC读卡中${1}", {
  { "D035", "读卡途中卡被取走", "请重新插卡，读完再取出" }, { "D037", "与读卡器或卡的通讯中断", "请检查读卡器的连接" },
  { "D039", "卡已被锁定", "请持卡人到发卡机构" }, { "D040", "此卡要经PSAM认证才能读取", "请改用带PSAM卡的读卡器" },
  { "D041", "卡拒绝了命令", "请记下状态字" }, { "D042", "卡上的数据不完整", "请重新读卡" },
}, function(t, row)
  local pcsc = t:device("pcsc")
  pcsc:on("read_card"):fails(row[1], row[2])
  t:expect(read(t, "991005").msg):starts_with("读社会保障卡失败：" .. row[2] .. "，" .. row[3])
  t:expect(pcsc):was_called_times(1, "disconnect")
end)

scenario("PC/SC读到的卡", function(t)
  local pcsc = t:device("pcsc")
  pcsc:on("read_card"):answers { id = "XXXX", cardnum = "A1", name = "张三", cardCode = "C1" }
  local r = read(t, "991005")
  t:expect(r.body):is { idcard_no = "XXXX", card_no = "A1", name = "张三", card_code = "C1" }
  t:expect(pcsc):was_called("connect", { "", 10, "sx1.sh.社会保障" })
end)

scenario.each("扫码枪 ${1}", {
  { "D043", "脚本对读卡器的使用不正确", "请核对设备脚本" }, { "D045", "没有在时限内完成", "请检查设备后重试" },
  { "D046", "已取消", "需要时请重新操作" }, { "D050", "没有找到串口", "请核对mps.toml中的port" },
  { "D051", "串口正被另一个程序使用，或没有使用权限", "请关闭占用串口的程序" },
  { "D052", "串口不能使用", "请核对mps.toml中的baud等设置" }, { "D053", "没有扫到码", "请让患者重新出示二维码" },
  { "D054", "扫码途中串口断开", "请检查扫码枪的连接后重试" }, { "D055", "扫码枪送来的数据过长", "请核对mps.toml中的baud和suffix" },
  { "D056", "扫码枪送来的数据没有结束符", "请核对mps.toml中的suffix" },
  { "D057", "扫码枪送来的数据不是所设字符集的文本", "请核对mps.toml中的charset和baud" },
}, function(t, row)
  t:config [[device.scanner.port = "COM3"]]
  t:device("scanner"):fails(row[1], row[2])
  local r = read(t, "991006", "01")
  t:expect(r.result):is("-1")
  t:expect(r.msg):starts_with("扫码失败：" .. row[2] .. "，" .. row[3])
end)

scenario("扫码枪扫到的码", function(t)
  t:config [[device.scanner.port = "COM3"]]
  local scanner = t:device("scanner")
  scanner:answers { text = "3501XXXX" }
  t:expect(read(t, "991006", "01").body.out_put):is("3501XXXX")
  t:expect(scanner):was_called("scan", { "COM3", 9600, "any", "UTF-8", 60 })
end)

scenario("等不到扫码", function(t)
  t:config [[device.scanner.port = "COM3"]]
  t:device("scanner"):hangs()
  t:expect(read(t, "991006", "01").msg):contains("scan超时")
  t:expect(t.elapsed):is(65)
end)
