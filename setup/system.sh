#!/bin/sh
# The system's own parts: are they here? As root on Debian or Ubuntu what is missing is installed;
# elsewhere the command that installs it is named, and nothing else has happened yet.
set -u

python=${PYTHON:-python3}
missing='' # names of Debian packages

need() { # need PACKAGE TEST...: the package is missing where the test fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

look() {
    missing=''
    need git command -v git
    need cmake command -v cmake
    need nasm command -v nasm
    need make command -v make
    need g++ c++ --version
    need gcc cc --version
    need python3 command -v "$python"
    # Debian's python3 has a venv module that fails without the package of this name.
    need python3-venv "$python" -c 'import ensurepip, venv'
    missing=${missing# }
}

fail() {
    echo "error: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

look
if [ -n "$missing" ]; then
    install="apt-get install -y --no-install-recommends $missing"
    if command -v apt-get >/dev/null; then
        [ "$(id -u)" = 0 ] || fail "missing on this system: $missing" "sudo $install"
        echo "setup: missing on this system: $missing; installing" >&2
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # one word a package
        { apt-get update && $install; } </dev/null >&2 ||
            fail "apt-get could not install: $missing" "look at its messages above; then: $install"
        look
        [ -z "$missing" ] || fail "still missing after installing: $missing" "$install"
    elif command -v dnf >/dev/null; then
        packages=$(echo "$missing" | sed 's/g++/gcc-c++/; s/ *python3-venv//')
        fail "missing on this system: $missing" "sudo dnf install -y $packages"
    elif command -v brew >/dev/null; then
        fail "missing on this system: $missing" "xcode-select --install; brew install cmake nasm python"
    else
        fail "missing on this system: $missing" "install them with the system's package manager (Debian's names)"
    fi
fi

"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' ||
    fail "expected Python 3.10 to 3.14, which torch 2.11.0 has packages for, found $("$python" --version)" \
        "name another with PYTHON=python3.12 ./justw setup"

rustup="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"
command -v cargo >/dev/null || fail "missing on this system: cargo" "$rustup"
cargo=$(cargo --version) || fail "cargo does not run" "rustup update stable, or: $rustup"
minor=$(echo "$cargo" | sed -n 's/^cargo 1\.\([0-9]*\)\..*/\1/p')
[ "${minor:-0}" -ge 95 ] ||
    fail "expected cargo 1.95 or later, found $cargo" "rustup update stable, or without rustup: $rustup"
