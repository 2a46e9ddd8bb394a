#!/usr/bin/env bash
# Installs the Debian packages that the tests need.
set -euo pipefail
cd "$(dirname "$0")/../.."
. release/packages.sh

packages=(gcc g++ libc6-dev gcc-mingw-w64-i686-win32 gcc-mingw-w64-x86-64-win32 python3 locales xz-utils valgrind
  fp-compiler-3.2.2 fpc-source-3.2.2
  mono-mcs mono-runtime libmono-i18n-cjk4.0-cil
  libjna-java default-jdk-headless)
command -v npm >/dev/null || packages+=(npm)
need_packages "${packages[@]}"
tests/setup/pcsc.sh
