-- expect: 环
require "ring"
