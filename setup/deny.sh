#!/bin/sh
# Licences, bans, sources and, where RustSec's database can be reached, advisories. Needs cargo-deny.
set -eu
cd "$(dirname "$0")/.."

command -v cargo-deny >/dev/null || {
    echo "error: missing on this system: cargo-deny" >&2
    echo "hint: cargo install --locked cargo-deny" >&2
    exit 1
}
cargo deny check licenses bans sources
database=https://github.com/RustSec/advisory-db
if GIT_TERMINAL_PROMPT=0 timeout 60 git ls-remote --exit-code "$database" HEAD >/dev/null 2>&1; then
    cargo deny check advisories
else
    echo "warning: advisories NOT checked: $database cannot be reached from here" >&2
fi
