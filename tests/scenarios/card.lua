-- 社会保障卡：scripts/devices/card.lua
scenario("读卡器被拔掉", function(t)
  t:device("card"):hangs()
  local r = t:call("N04.00.00.01", { mdtrt_cert_type = "03" })
  t:expect(r.msg):contains("超时")
  t:expect(t.elapsed):is_at_most(31)                        -- 虚拟的秒数
end)
