#!/usr/bin/env bash
# Free Pascal for Windows, which is not in Debian, made from what is: DIR/fpc32 and DIR/fpc64 take a source and -oNAME.exe.
# usage: fpc.sh DIR        (needs the packages fp-compiler and fpc-source-3.2.2; the 32-bit compiler is fetched privately)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(realpath -m "$1")
[ ! -e "$dir/ready" ] || exit 0
. "$here/private-apt.sh"

rm -rf "$dir"
mkdir -p "$dir/units32" "$dir/units64"
private_apt "$dir/apt"
fetch_packages "$dir/debs" fp-compiler-3.2.2:i386
dpkg-deb -x "$dir"/debs/*.deb "$dir/root"
rm -rf "$dir/debs" "$dir/apt"

fpc32=("$dir/root/usr/lib/i386-linux-gnu/fpc/3.2.2/ppc386" -n -Twin32 -XPi686-w64-mingw32-)
fpc64=(ppcx64 -n -Twin64 -XPx86_64-w64-mingw32-)

# build_rtl BITS CPU COMPILER...: the run-time library, from Debian's source package
build_rtl() {
  local bits=$1 cpu=$2 path include=()
  shift 2
  for path in ../win ../win/wininc ../inc "../$cpu" ../i386 ../objpas ../objpas/sysutils ../objpas/classes . ../win32; do
    include+=("-Fi$path")
  done
  for path in ../inc "../$cpu" ../win ../objpas ../charmaps ../win32; do
    include+=("-Fu$path")
  done
  local compile=("$@" "-FU$dir/units$bits" -O2 -v0 -Sg "${include[@]}")
  cd "/usr/share/fpcsrc/3.2.2/rtl/win$bits"
  "${compile[@]}" -Us system.pp
  "${compile[@]}" buildrtl.pp
  [ "$bits" = 32 ] || "${compile[@]}" sysinit.pp
}
(build_rtl 32 i386 "${fpc32[@]}") >"$dir/log" 2>&1 && (build_rtl 64 x86_64 "${fpc64[@]}") >>"$dir/log" 2>&1 ||
  { cat "$dir/log" >&2; exit 1; }

printf '#!/bin/sh\nexec %s -Fu%s -O2 -v0ew "$@"\n' "${fpc32[*]}" "$dir/units32" >"$dir/fpc32"
printf '#!/bin/sh\nexec %s -Fu%s -O2 -v0ew "$@"\n' "${fpc64[*]}" "$dir/units64" >"$dir/fpc64"
chmod +x "$dir/fpc32" "$dir/fpc64"
touch "$dir/ready"
