-- expect: scripts/lib/
require "secret"
