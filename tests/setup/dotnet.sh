#!/usr/bin/env bash
# .NET Core 2.1 for 32-bit Windows, to be run by Wine: DIR/dotnet.exe.
# usage: dotnet.sh DIR     (needs npm)
set -euo pipefail
dir=$(realpath -m "$1")
[ ! -e "$dir/ready" ] || exit 0
rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"
npm pack --silent dotnet-2.1-win-ia32@2.1.1007 >/dev/null
tar -x --strip-components=1 -f dotnet-2.1-win-ia32-*.tgz
rm dotnet-2.1-win-ia32-*.tgz
touch ready
