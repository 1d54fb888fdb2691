#!/bin/sh
# Makes .venv with what requirements.txt names and links .libtorch to its torch. Run again it repairs what
# an interruption left. `venv.sh just` installs only `just`, for justw.
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }
pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@" </dev/null >&2; }
make_venv() { "${PYTHON:-python3}" -m venv --clear .venv; }

# One at a time: two pips in one folder would break each other's work.
exec 9<setup/requirements.txt
if command -v flock >/dev/null; then flock 9; fi

if ! pip --version 2>/dev/null; then
    say "making .venv"
    make_venv
fi

if [ "${1:-}" = just ]; then
    just=$(grep '^rust-just==' setup/requirements.txt)
    say "fetching $just into .venv"
    pip install --quiet --force-reinstall "$just"
    exit
fi

# Another process may have finished this while we waited for the lock.
setup/ready.sh && exit

say "installing torch and what it needs into .venv: 5 GB on the disk, a few minutes"
pip install -r setup/requirements.txt
if ! .venv/bin/python -I setup/verify.py; then
    say "an earlier installation was cut short; making .venv anew"
    make_venv
    pip install -r setup/requirements.txt
    .venv/bin/python -I setup/verify.py
fi

if [ -e .libtorch ] && [ ! -L .libtorch ]; then
    echo "error: .libtorch: expected a link into .venv, found a file or folder" >&2
    echo "hint: move it away and run the same command again" >&2
    exit 1
fi
torch=$(echo .venv/lib/python3*/site-packages/torch)
# A link that is right stays: cargo would take a new one for a change.
[ "$(readlink .libtorch)" = "$torch" ] || ln -sfn "$torch" .libtorch
cp setup/requirements.txt .venv/installed.txt
say "ready: .libtorch -> $torch"
