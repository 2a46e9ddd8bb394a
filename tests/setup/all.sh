#!/usr/bin/env bash
# Sets up what the tests need beside Rust, as Debian packages and in target/tools (or $MPS_TOOLS). Quick when all is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/setup/packages.sh
tools=${MPS_TOOLS:-target/tools}
jobs=()
for tool in wine fpc dotnet emmylua; do
  tests/setup/$tool.sh "$tools/$tool" &
  jobs+=($!)
done
failed=0
for job in "${jobs[@]}"; do
  wait "$job" || failed=1
done
exit $failed
