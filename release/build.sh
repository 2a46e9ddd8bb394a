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
# The library is made fast.
library_flags='-C opt-level=3'
settings=()
say() { printf '== %s\n' "$*" >&2; }

# Windows 7 is a target without a ready-made standard library, so that it has to be built along (-Z build-std), from its source. By
# Debian's compiler alone: every release is made by the same one, whatever else a machine has. A newer standard library asks more of
# Windows, and with one .NET could not use the DLL.
windows_toolchain() {
  need_packages rustc-web cargo-web rust-web-src
  export RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo RUSTC_BOOTSTRAP=1
  std_source=$("$RUSTC" --print sysroot)/lib/rustlib/src/rust/library
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
  # It is linked by objects: what nobody calls stays out only where each function is one.
  settings+=(--config 'profile.release.package.compiler_builtins.codegen-units=10000')
  export "CARGO_TARGET_${upper}_LINKER=$mingw-gcc" "CARGO_TARGET_${upper}_RUSTFLAGS=-L native=$startup $with_bitcode"
  export "CC_$under=$mingw-gcc" "AR_$under=$mingw-ar"
  "$CARGO" "${settings[@]}" "$command" --target "$target" -Z build-std=std,panic_unwind -Z "build-std-features=$std_features" "$@"
)

# For 32-bit Windows it is made small, since old desks have little room, and without the places of panics, which nobody is told.
make_small() {
  local name
  library_flags='-C opt-level=s -C llvm-args=-inline-threshold=5 -Z location-detail=none'
  for name in encoding_rs mlua mlua-sys quick-xml serde_json; do
    settings+=(--config "profile.release.package.$name.opt-level='s'")
  done
  # Hardly a call passes through these.
  for name in base64 httparse http md-5 notify percent-encoding serial2 sha2 sm3 strsim toml toml_parser ureq ureq-proto winnow; do
    settings+=(--config "profile.release.package.$name.opt-level='z'")
  done
}

x86='i686-win7-windows-gnu i686-w64-mingw32'
x64='x86_64-win7-windows-gnu x86_64-w64-mingw32'

# build_bitness <target> <mingw prefix> <whether its library is wanted>: its command in any case, since each platform has both: a
# library of the other bitness runs in that bitness's own command. With a folder of its own, so that both can be built at once. The
# library last: its other flags make Cargo build again what it has built.
build_bitness() (
  export CARGO_TARGET_DIR=$target_dir/$1
  case $1 in i686-*) make_small ;; esac
  windows_cargo "$1" "$2" build --release --locked --bin mps
  [ "$3" = no ] || build_library windows_cargo "$1" "$2"
)

# install_windows <platform> <target> <mingw prefix> <helper for the other bitness> <its target>
install_windows() {
  local out=$dist/$1 target=$2 mingw=$3 helper=$4 other=$5
  install_common "$1"
  cp "$target_dir/$target/$target/release/mps.exe" "$out/"
  cp "$target_dir/$other/$other/release/mps.exe" "$out/$helper"
  cp "$target_dir/$target/$target/release/mps_client.dll" "$out/"
  # A 32-bit caller asks the linker for _MPS_Call@8; the DLL exports MPS_Call. --kill-at ties one to the other.
  "$mingw-dlltool" --kill-at --input-def "$out/mps_client.def" --dllname mps_client.dll --output-lib "$out/libmps_client.dll.a"
  cp "$out/libmps_client.dll.a" "$out/mps_client.lib"
}

# build_windows <platforms>
build_windows() {
  local x86_wanted=no x64_wanted=no x86_build x64_build failed=0
  case " $* " in *' windows-x86 '*) x86_wanted=yes ;; esac
  case " $* " in *' windows-x64 '*) x64_wanted=yes ;; esac
  need_packages gcc-mingw-w64-i686-win32 gcc-mingw-w64-x86-64-win32
  windows_toolchain
  say "windows, both bitnesses"
  build_bitness $x86 $x86_wanted &
  x86_build=$!
  build_bitness $x64 $x64_wanted &
  x64_build=$!
  wait $x86_build || failed=$?
  wait $x64_build || failed=$?
  [ $failed = 0 ] || return $failed
  [ $x86_wanted = no ] || install_windows windows-x86 $x86 mps-host-x64.exe "${x64% *}"
  [ $x64_wanted = no ] || install_windows windows-x64 $x64 mps-host-x86.exe "${x86% *}"
}

build_linux() {
  local out=$dist/linux-x64
  install_common linux-x64
  export RUSTFLAGS="${RUSTFLAGS-} $with_bitcode"
  # By release/profile.sh: what calls run through is made fast, what nothing ran through small and, within functions too, put apart;
  # and what starts and calls touch stands together in the file.
  library_flags+=" -C profile-use=$PWD/release/linux-x64.profdata -C llvm-args=-profile-summary-cold-count=0"
  library_flags+=' -C llvm-args=-enable-split-machine-functions -C llvm-args=-mfs-psi-cutoff=0'
  # What follows within a function stands behind it: a call has more code than the processor's first cache holds.
  library_flags+=' -C llvm-args=-enable-ext-tsp-block-placement'
  library_flags+=" -C link-arg=-Wl,--symbol-ordering-file=$PWD/release/linux-x64.order,--no-warn-symbol-ordering"
  # The unwinder becomes part of the library: to find and bind the system's took a fifteenth of the first call.
  library_flags+=" -l static=gcc_eh -L native=$(dirname "$(gcc -print-file-name=libgcc_eh.a)")"
  # Tells what stands where in the library, which is stripped.
  library_flags+=" -C link-arg=-Wl,-Map=$(realpath -m "$target_dir")/release/libmps_client.map,--no-demangle"
  cargo build --release --locked --bin mps
  cp "$target_dir/release/mps" "$out/"
  build_library cargo
  cp "$target_dir/release/libmps_client.so" "$out/"
  cp "$target_dir/release/libmps_client.map" "$out.map"
}

# build_library <cargo> [its first arguments]: with link-time optimisation, and so by itself, since beside an rlib Cargo leaves it out.
# What it and the command are made of is compiled once, as machine code and as bitcode.
build_library() {
  "$@" rustc --release --locked --lib --crate-type cdylib -- -C "lto=$lto" $library_flags
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
case " $* " in *' windows-'*) build_windows "$@" ;; esac
