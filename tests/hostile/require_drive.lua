-- expect: require
require "C:/Windows/win"
