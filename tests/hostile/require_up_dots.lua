-- expect: require
require "..secret"
