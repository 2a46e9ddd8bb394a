#!/usr/bin/env bash
# A private Wine for 32-bit and 64-bit console programs: DIR/bin/wine, DIR/bin/wineserver, its Windows in
# DIR/prefix or where MPS_WINE_PREFIX says.
# usage: wine.sh DIR       (nothing is installed into the system, no root needed; half a minute, 640 MB)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(realpath -m "$1")
[ ! -e "$dir/ready" ] || exit 0
. "$here/private-apt.sh"

rm -rf "$dir"
mkdir -p "$dir/bin" "$dir/root"
private_apt "$dir/apt"
fetch_packages "$dir/debs" libwine:amd64 libwine:i386 wine64:amd64 wine32:i386 libc6-i386:amd64 lib32gcc-s1:amd64 \
  libunwind8:amd64 patchelf:amd64 libz-mingw-w64

unneeded=()
for part in fonts/ doc/ mshtml. wined3d d3d xaudio x3daudio xactengine jscript quartz gphoto2 opengl32. vulkan light.msstyles; do
  unneeded+=("--exclude=*/$part*")
done
for deb in "$dir"/debs/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/root" "${unneeded[@]}" -f -
done

lib=$dir/root/usr/lib
modules64=$lib/x86_64-linux-gnu/wine/x86_64-windows
modules32=$lib/i386-linux-gnu/wine/i386-windows
# libwine's installation puts zlib1.dll among Wine's own modules, and Wine tells those by a mark behind the DOS header.
own_zlib() {
  cp "$dir/root/usr/$1-w64-mingw32/lib/zlib1.dll" "$2/zlib1.dll"
  printf 'Wine builtin DLL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' | dd of="$2/zlib1.dll" bs=1 seek=64 conv=notrunc status=none
}
own_zlib x86_64 "$modules64"
own_zlib i686 "$modules32"
# Two thirds of Wine's modules are debug information, and every prefix copies them. Not all of them are known to strip.
strip_modules() {
  find "$2" -type f -exec "$1-w64-mingw32-strip" --strip-debug {} + 2>/dev/null || true
}
strip_modules x86_64 "$modules64" &
strip_modules i686 "$modules32" &
wait
# A 32-bit thread cannot end without libgcc: .NET would stop there, silently, with status 0.
ln -s ../usr/lib32/libgcc_s.so.1 "$dir/root/lib32/"
"$dir/root/usr/bin/patchelf" --set-interpreter "$dir/root/lib32/ld-linux.so.2" --force-rpath --set-rpath "$dir/root/lib32" \
  "$lib/wine/wine"
ln -sf wineserver64 "$lib/wine/wineserver"
# A Windows as hospitals have it: Chinese, so that the ANSI code page is 936.
localedef -i zh_CN -f GBK "$dir/zh_CN.GBK"

cat >"$dir/bin/wine" <<SH
#!/bin/sh
export WINEPREFIX="\${MPS_WINE_PREFIX:-$dir/prefix}" WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml= LOCPATH="$dir" LC_ALL=zh_CN.GBK
export LD_LIBRARY_PATH="$lib/x86_64-linux-gnu"
exec "$lib/wine/wine64" "\$@"
SH
cat >"$dir/bin/wineserver" <<SH
#!/bin/sh
export WINEPREFIX="\${MPS_WINE_PREFIX:-$dir/prefix}"
exec "$lib/wine/wineserver64" "\$@"
SH
chmod +x "$dir"/bin/*
rm -rf "$dir/debs" "$dir/apt" "$dir/root/usr/share/doc" "$dir"/root/usr/*-mingw32*

"$dir/bin/wine" wineboot -i >/dev/null 2>&1
"$dir/bin/wineserver" -w
for folder in syswow64 system32; do
  [ -e "$dir/prefix/drive_c/windows/$folder/kernel32.dll" ] || { echo "Wine's set-up failed: no $folder" >&2; exit 1; }
done
touch "$dir/ready"
