#!/usr/bin/env bash
# Clippy in the place of the compiler, as RUSTC_WORKSPACE_WRAPPER: what is built is checked along, without a second pass over it and all
# that it depends on. A warning is an error.
exec clippy-driver "$@" -D warnings
