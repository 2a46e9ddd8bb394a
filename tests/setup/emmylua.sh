#!/usr/bin/env bash
# The checker of Lua annotations, for tests/annotations.rs, built into DIR/bin; not optimised, which would take twice as long.
# usage: emmylua.sh DIR
set -euo pipefail
dir=$(realpath -m "$1")
[ ! -e "$dir/bin/emmylua_check" ] || exit 0
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0
cargo install emmylua_check --version 0.25.1 --locked --quiet --debug --root "$dir" --target-dir "$dir/build"
rm -rf "$dir/build"
