-- expect: require
require(1)
