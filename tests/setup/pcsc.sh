#!/usr/bin/env bash
# A smart-card service with a virtual reader; each test starts its own, in a network and a /run of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
. release/packages.sh

need_packages pcscd libpcsclite1 vsmartcard-vpcd util-linux iproute2
