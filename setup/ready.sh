#!/bin/sh
# Is everything in place? Answers in a few milliseconds, because every recipe asks.
cd "$(dirname "$0")/.." || exit 1
for part in git cargo cmake nasm make c++; do
    command -v "$part" >/dev/null || exit 1
done
# The requirements are copied into .venv once all of them are installed and checked.
[ -e .libtorch/lib ] && cmp -s setup/requirements.txt .venv/installed.txt
