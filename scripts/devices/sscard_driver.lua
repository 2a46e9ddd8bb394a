-- SSCardDriver: the standard driver of card readers (LD/T 6001.5). Every maker ships its own build under this name; it needs
-- the maker's SSSE32.dll beside it. Where your build's prototypes differ, declare those functions anew in your region's layer.
-- Manuals say `long` of what is returned; i32 takes its lower half, which is right for every build on every system.
local FIELDS = { "area", "id", "cardnum", "cardCode", "name", "reset", "version", "issued", "expires", "terminal", "reader" }

-- The reader has no security module (PSAM), or not the right one: the region's server has to vouch for the card.
local NO_PSAM = { [-24] = true, [-2201] = true, [-2202] = true, [-2203] = true, [-27272] = true }
local no_psam = { "读写器没有可用的PSAM卡", advice = "请检查PSAM卡，或在mps.toml中填写server_url，由地区服务器鉴权" }

-- The PIN pad counts its own way.
local pad_errors = {
  [-1] = { "持卡人取消了输入密码", advice = "需要时请重新输入" },
  [-2] = { "输入密码超时", advice = "请持卡人在密码键盘上输入" },
}

return mps.library {
  title = "社会保障卡读写终端标准驱动",
  file = { windows = "SSCardDriver.dll", linux = "libSSCardDriver.so" },
  convention = "stdcall",
  charset = "GBK",
  timeout = 60,                                             -- seconds; a PIN is typed meanwhile
  settings = {
    card_type  = { title = "读卡方式：1接触，2非接触，3自动（接触优先），4自动（非接触优先）", default = 3 },
    server_url = { title = "地区鉴权服务器网址，读写器没有PSAM卡时用", default = "" },
    org_id     = { title = "定点机构编号，鉴权服务器要用", default = "" },
  },

  functions = {
    iReadCardBas           = { "i32 type", "out[4096] info", returns = "i32", ok = 0, error = "info" },
    iReadCardBas_HSM_Step1 = { "i32 type", "out[4096] info", returns = "i32", ok = 0, error = "info" },
    iReadCardBas_HSM_Step2 = { "str key", "out[4096] info", returns = "i32", ok = 0, error = "info" },
    -- auth: 1 PIN, 2 RK. files: "SSSEEF06|08|09|$", file after file, each with the tags of its items.
    iReadCard  = { "i32 type", "i32 auth", "str card", "str files", "out[4096] info", returns = "i32", ok = 0, error = "info" },
    iVerifyPIN = { "i32 type", "out[4096] info", returns = "i32", ok = 0, error = "info", errors = pad_errors },
    iChangePIN = { "i32 type", "out[4096] info", returns = "i32", ok = 0, error = "info", errors = pad_errors },
  },

  -- Said where the driver leaves its buffer empty; the advice is always added.
  errors = {
    [-1]  = { "卡插反或无效卡", advice = "请将芯片朝上重新插卡" },
    [-2]  = { "无卡", advice = "请插入社会保障卡" },
    [-3]  = { "卡片上电失败", advice = "请拔出卡，擦净芯片后重新插入" },
    [-4]  = { "卡片无应答", advice = "请重新插卡；换一张卡能读时，请持卡人到发卡机构检查" },
    [-11] = { "读写器连接失败", advice = "请检查读写器的USB连接后重试" },
    [-12] = { "读写器未连接", advice = "请重新插上读写器" },
    [-13] = { "读写器不支持这个指令", advice = "请向厂商要新的驱动" },
    [-14] = { "参数错误", advice = "请核对mps.toml中的card_type" },
    [-15] = { "校验错误", advice = "请重新读卡；仍不行时检查PSAM卡和鉴权服务器" },
    [-24] = no_psam, [-2201] = no_psam, [-2202] = no_psam, [-2203] = no_psam, [-27272] = no_psam,
  },

  methods = {
    read_card = function(lib)
      local type = lib.settings.card_type
      local r = lib.iReadCardBas(type)
      if NO_PSAM[r.code] and lib.settings.server_url ~= "" then
        local step1 = lib.iReadCardBas_HSM_Step1(type)
        local ask_server = require "sscard_server"          -- lib/sscard_server.lua: your region's own
        r = lib.iReadCardBas_HSM_Step2(ask_server(step1.info, lib.settings))
      end
      return mps.text.split(r.info, "|", FIELDS)
    end,

    -- Items of the card's own files, here of EF06: 社会保障号码, 姓名, 性别, 民族, 出生日期.
    read_person = { "iReadCard", { setting = "card_type" }, 1, "", "SSSEEF06|08|09|0A|0B|0D|$",
      split = { "info", "|", "file", "id", "name", "sex", "nation", "birthday" } },

    verify_pin = { "iVerifyPIN", { setting = "card_type" } },
    change_pin = { "iChangePIN", { setting = "card_type" } },
  },
}
