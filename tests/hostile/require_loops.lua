-- expect: 运行超过
require "endless"
