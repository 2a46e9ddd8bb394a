#!/usr/bin/env bash
# Takes the profile that release/build.sh lays the Linux library out by: which code calls run through, which only the start does, and
# which nothing does. To be taken again when calls have come to run through other code; an old one costs speed, never correctness.
# usage: release/profile.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. release/packages.sh
need_packages llvm-19

target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")
raw=$target_dir/profile
rm -rf "$raw"
# As release/build.sh builds it, but with counters: functions are known by their names, which have Cargo's settings in them.
CARGO_PROFILE_RELEASE_LTO=false RUSTFLAGS="${RUSTFLAGS-} -C embed-bitcode=yes" \
  cargo rustc --release --locked --lib --crate-type cdylib --target-dir "$target_dir/counted" -- \
  -C lto=fat -C opt-level=3 -C "profile-generate=$raw"
# The samples, with devices on both kinds of threads and simulated, with and without a function; and starts.
MPS_LIBRARY=$target_dir/counted/release/libmps_client.so LLVM_PROFILE_FILE=$raw/%m-%p.profraw benches/run training >&2
/usr/lib/llvm-19/bin/llvm-profdata merge -o release/linux-x64.profdata "$raw"/*.profraw
# For Cargo, which does not look at the profile.
touch src/lib.rs
# How the library that comes of it is touched.
release/build.sh linux-x64
MPS_LIBRARY=$PWD/target/dist/linux-x64/libmps_client.so benches/run layout >&2
touch src/lib.rs
