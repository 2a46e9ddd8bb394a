-- expect: require
require "..\\..\\secret"
