#!/usr/bin/env bash
# Builds the release into target/dist/<platform>/.
# usage: release/build.sh [linux-x64|windows-x86|windows-x64 ...]     (default: all three)
set -euo pipefail
cd "$(dirname "$0")/.."
. release/packages.sh

dist=target/dist
target_dir=${CARGO_TARGET_DIR:-target}
# Of the library; the environment may turn it off, to try something quickly.
lto=${CARGO_PROFILE_RELEASE_LTO:-fat}
export CARGO_PROFILE_RELEASE_LTO=false
with_bitcode='-C embed-bitcode=yes'
say() { printf '== %s\n' "$*" >&2; }

# Debian's compiler, or rustup's nightly: whichever has the source of the standard library beside it. Windows 7 is a
# target without a ready-made standard library, so that it has to be built along (-Z build-std).
windows_toolchain() {
  local sysroot
  if sysroot=$(rustc +nightly --print sysroot 2>/dev/null) && [ -f "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ]; then
    RUSTC=$sysroot/bin/rustc CARGO=$sysroot/bin/cargo
  else
    need_packages rustc-web cargo-web rust-web-src
    RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo sysroot=$(/usr/bin/rustc --print sysroot)
  fi
  std_source=$sysroot/lib/rustlib/src/rust/library
  export RUSTC RUSTC_BOOTSTRAP=1
}

# windows_cargo <rust target> <mingw prefix> <command> [arguments]: cargo for a target of Windows.
windows_cargo() (
  target=$1 mingw=$2 command=$3
  shift 3
  under=${target//-/_}
  upper=$(tr a-z- A-Z_ <<<"$target")
  # No compiler ships the two start-up objects for these targets.
  startup=$(realpath -m "$target_dir/rtstartup/$target")
  mkdir -p "$startup"
  for name in rsbegin rsend; do
    [ "$startup/$name.o" -nt "$RUSTC" ] ||
      "$RUSTC" --target "$target" --crate-type lib --emit=obj -o "$startup/$name.o" "$std_source/rtstartup/$name.rs"
  done
  unset RUSTFLAGS
  # The standard library small and without backtraces: nobody reads one there, and both go into every DLL.
  std_features=panic-unwind,optimize_for_size
  export "CARGO_TARGET_${upper}_LINKER=$mingw-gcc" "CARGO_TARGET_${upper}_RUSTFLAGS=-L native=$startup $with_bitcode"
  export "CC_$under=$mingw-gcc" "AR_$under=$mingw-ar"
  "$CARGO" "$command" --target "$target" -Z build-std=std,panic_unwind -Z "build-std-features=$std_features" "$@"
)

x86='i686-win7-windows-gnu i686-w64-mingw32'
x64='x86_64-win7-windows-gnu x86_64-w64-mingw32'

# windows_commands: mps.exe in both bitnesses, since each platform has both: a library of the other bitness runs in that bitness's own
# command. Before any library, whose other flags make Cargo build again what it has built.
windows_commands() {
  local bitness
  for bitness in "$x86" "$x64"; do
    windows_cargo $bitness build --release --locked --bin mps
  done
}

# build_windows <platform> <target> <mingw prefix> <helper for the other bitness> <its target>
build_windows() {
  local out=$dist/$1 target=$2 mingw=$3 helper=$4 other=$5
  install_common "$1"
  cp "$target_dir/$target/release/mps.exe" "$out/"
  cp "$target_dir/$other/release/mps.exe" "$out/$helper"
  build_library windows_cargo "$target" "$mingw"
  cp "$target_dir/$target/release/mps_client.dll" "$out/"
  # A 32-bit caller asks the linker for _MPS_Call@8; the DLL exports MPS_Call. --kill-at ties one to the other.
  "$mingw-dlltool" --kill-at --input-def "$out/mps_client.def" --dllname mps_client.dll --output-lib "$out/libmps_client.dll.a"
  cp "$out/libmps_client.dll.a" "$out/mps_client.lib"
}

build_linux() {
  local out=$dist/linux-x64
  install_common linux-x64
  export RUSTFLAGS="${RUSTFLAGS-} $with_bitcode"
  cargo build --release --locked --bin mps
  cp "$target_dir/release/mps" "$out/"
  build_library cargo
  cp "$target_dir/release/libmps_client.so" "$out/"
}

# build_library <cargo> [its first arguments]: with link-time optimisation, and so by itself, since beside an rlib Cargo leaves it out.
# What it and the command are made of is compiled once, as machine code and as bitcode.
build_library() {
  "$@" rustc --release --locked --lib --crate-type cdylib -- -C "lto=$lto" -C opt-level=3
}

# What every platform gets: the folder is made anew, so that nothing of an older build stays in it.
install_common() {
  local out=$dist/$1
  rm -rf "$out"
  mkdir -p "$out"
  cp release/mps_client.h release/mps.toml "$out/"
  cp -R scripts "$out/scripts"
  python3 release/licenses.py "$1" >"$out/LICENSES.txt"
  case $1 in
    # The editor of Windows 7 shows lines that end in LF alone as one line.
    windows-*) find "$out" \( -name '*.lua' -o -name mps.toml \) -exec sed -i 's/$/\r/' {} + ;;
  esac
  case $1 in
    windows-x86) cp release/mps_client.def "$out/" ;;
    windows-x64) sed 's/@[0-9]*$//' release/mps_client.def >"$out/mps_client.def" ;;
  esac
}

[ $# -gt 0 ] || set -- linux-x64 windows-x86 windows-x64
for platform; do
  case $platform in
    linux-x64 | windows-x86 | windows-x64) ;;
    *) echo "unknown platform: $platform (linux-x64, windows-x86, windows-x64)" >&2; exit 2 ;;
  esac
done
# Linux in a subshell: its flags are its own.
case " $* " in *' linux-x64 '*) say linux-x64; (build_linux) ;; esac
case " $* " in
  *' windows-'*)
    windows_toolchain
    windows_commands
    for platform; do
      case $platform in
        windows-x86) say "$platform"; build_windows "$platform" $x86 mps-host-x64.exe $x64 ;;
        windows-x64) say "$platform"; build_windows "$platform" $x64 mps-host-x86.exe $x86 ;;
      esac
    done
    ;;
esac
