#!/usr/bin/env bash
# Fuzzes each target for so many seconds, as many at a time as there are cores (or FUZZ_JOBS), and fails where one found
# something.
#
#   fuzz/run.sh 600                all targets
#   fuzz/run.sh 60 csv picture     these alone
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "error: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

seconds=${1:-60}
shift || true
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "expected seconds for each target, found $seconds" "just fuzz 600"
command -v cargo-fuzz >/dev/null ||
    fail "missing on this system: cargo-fuzz" "cargo install --locked cargo-fuzz@0.13.2"

# cargo-fuzz is made for a nightly compiler; this makes a stable one take its flags.
export RUSTC_BOOTSTRAP=1
target_dir=${FUZZ_TARGET_DIR:-fuzz/target}
sanitizer=address
# Without AddressSanitizer's runtime, panics, overflows and failed assertions are still found.
libraries=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/lib
compgen -G "$libraries/librustc-*_rt.asan.a" >/dev/null || sanitizer=none
options=(--sanitizer "$sanitizer" --target-dir "$target_dir")
list=$(cargo fuzz list --fuzz-dir fuzz)
targets=("$@")
(($#)) || mapfile -t targets <<<"$list"
for target in "${targets[@]}"; do
    grep -qx -- "$target" <<<"$list" ||
        fail "expected one of the targets $(paste -sd' ' <<<"$list"), found $target" "just fuzz 60 csv"
done
cargo fuzz build --fuzz-dir fuzz "${options[@]}"
programs=$target_dir/$(rustc -vV | sed -n 's/^host: //p')/release

# Files of a target lie in memory where the system has room for files there.
scratch=$(mktemp -d -p "$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" fuzz-XXXXXX)
# Stopped half-way, it leaves no fuzzer behind.
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# One target, one thread, in the place of the shell that starts it. Its log tells what it did; what crashes it is kept
# as an artifact.
one() {
    local target=$1 folders dictionary=()
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target" "$scratch/$target/tmp" "$scratch/$target/seeds"
    folders=("fuzz/corpus/$target" "$scratch/$target/seeds")
    [[ ! -d fuzz/findings/$target ]] || folders+=("fuzz/findings/$target")
    [[ $target != picture ]] || folders+=(tests/hostile/pictures)
    [[ ! -f fuzz/dictionaries/$target.dict ]] || dictionary=("-dict=fuzz/dictionaries/$target.dict")
    export TMPDIR=$scratch/$target/tmp FUZZ_SEEDS=$scratch/$target/seeds RAYON_NUM_THREADS=1 POLARS_MAX_THREADS=1
    exec "$programs/$target" "${folders[@]}" "${dictionary[@]}" \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=65536 \
        -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 \
        >"$scratch/$target.log" 2>&1
}

running=0
for target in "${targets[@]}"; do
    if ((running >= ${FUZZ_JOBS:-$(nproc)})); then
        wait -n || true
        running=$((running - 1))
    fi
    echo "fuzzing $target for $seconds s" >&2
    one "$target" &
    running=$((running + 1))
done
wait # gives no exit codes: the logs tell what ended how

# The figures: the last line with coverage, and libFuzzer's own count of executions.
found=0
printf '%-12s %8s %12s %9s %9s %9s  %s\n' target seconds executions coverage features corpus findings
for target in "${targets[@]}"; do
    log=$scratch/$target.log
    last=$(grep -E 'cov: [0-9]+' "$log" | tail -1 || true)
    figure() { sed -nE "s/.* $1: ([0-9]+).*/\1/p" <<<"$last"; }
    executions=$(sed -nE 's/^stat::number_of_executed_units: *([0-9]+)/\1/p' "$log")
    lasted=$(sed -nE 's/^Done [0-9]+ runs in ([0-9]+) second.*/\1/p' "$log")
    artifacts=$(sed -nE 's/.*Test unit written to (.*)/\1/p' "$log")
    printf '%-12s %8s %12s %9s %9s %9s  %s\n' "$target" "${lasted:--}" "${executions:--}" "$(figure cov)" \
        "$(figure ft)" "$(figure corp)" "$(grep -c . <<<"$artifacts" || true)"
    # Whatever kept it from its end is a finding, be it a crash, a hang or the memory.
    if [[ -z $lasted ]]; then
        found=1
        cp "$log" "fuzz/artifacts/$target/log.txt"
        {
            grep -m1 -E '^(panicked:|thread .* panicked|==[0-9]+==\s*ERROR|SUMMARY)' "$log" || tail -3 "$log"
            echo "  log: fuzz/artifacts/$target/log.txt"
            [[ -z $artifacts ]] ||
                echo "  again: RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir fuzz ${options[*]} $target $artifacts"
        } >&2
    fi
done
exit $found
