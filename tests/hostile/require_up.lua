-- expect: require
require "../funids/N04"
