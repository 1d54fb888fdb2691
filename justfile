# Thin recipes over the programs. Where `just` is absent, `./justw` runs it.
#
#   just preprocess path/to/dump --size 64    more flags go to the program

set positional-arguments
set shell := ["bash", "-euo", "pipefail", "-c"]

bin := env("CARGO_TARGET_DIR", "target") / "debug"
# What `just preprocess` works on where no dump is named: it draws one.
drawn := "data/drawn"
# What `just train` trains where no recipe is named.
house := "configs/atelier.toml"

# The recipes
[private]
default:
    @{{just_executable()}} --justfile {{quote(justfile())}} --list --unsorted

# --- the way from a dump to pictures ---

# All of it with a drawn catalogue: prepare, train, draw a grid of unseen descriptions, measure its colours
demo: build
    {{bin}}/ingest synth --products 2000 --seed 1 --out data/demo/catalogue
    {{bin}}/ingest data/demo/catalogue --size "$(sed -n 's/^resolution *= *//p' configs/demo.toml)" --out data/demo/ingested
    {{bin}}/textfeat fit data/demo/ingested --out data/demo/features
    {{bin}}/dataset pack --images data/demo/ingested --features data/demo/features --out data/demo/dataset
    {{bin}}/gan train configs/demo.toml --resume --data data/demo/dataset --run runs/demo
    {{bin}}/gan eval --run runs/demo --data data/demo/dataset --captions-out runs/demo/unseen.jsonl
    {{bin}}/gen grid runs/demo --captions runs/demo/unseen.jsonl --out pictures/demo.png

# DUMP (or a drawn catalogue of 2,000 products) to shards that training reads, texts by LSA; more flags go to ingest
preprocess dump=drawn *flags: build
    @[ "$1" != {{drawn}} ] || {{bin}}/ingest synth --products 2000 --seed 1 --out {{drawn}}
    {{bin}}/ingest "$@" --out data/ingested
    {{bin}}/textfeat fit data/ingested --out data/features --method lsa
    {{bin}}/dataset pack --images data/ingested --features data/features --out data/dataset

# Trains the evaluator of data/dataset, once: from then on trainings measure themselves and keep their best
evaluator *flags: build
    {{bin}}/gan eval --prepare --data data/dataset "$@"

# Trains CONFIG (or configs/atelier.toml) into runs/<its name>, or goes on where that run was left; more flags go to gan
train config=house *flags: build
    [[ $1 != -* ]] || set -- {{house}} "$@"; \
    {{bin}}/gan train "$@" --resume --data data/dataset --run "runs/$(basename "$1" .toml)"

# Draws each "TEXT" with the model trained last, into pictures/ or where --out says; more flags go to gen
sample +texts: build
    #!/usr/bin/env bash
    set -euo pipefail
    model=
    for each in runs/*/model.safetensors; do
        if [[ -e $each && ( -z $model || $each -nt $model ) ]]; then model=$each; fi
    done
    if [[ -z $model ]]; then
        echo "error: runs/: expected the model.safetensors of a trained run, found none" >&2
        echo "hint: just preprocess && just train, or just demo" >&2
        exit 1
    fi
    echo "model: $model" >&2
    # In pictures/ those of the model before make room; a folder of one's own keeps what it has.
    out=(--out pictures) force=(--force)
    for word; do
        case $word in
            --out | --out=*) out=() force=() ;;
            --force) force=() ;;
        esac
    done
    {{bin}}/gen sample "$model" "$@" "${out[@]}" "${force[@]}"

# --- single stages ---

# DUMP -> data/ingested: squared images and a catalogue of texts
ingest dump *flags: build
    {{bin}}/ingest "$@" --out data/ingested

# data/ingested -> data/features: texts to vectors; flags of one's own stand in the place of --method=lsa
textfeat *flags="--method=lsa": build
    {{bin}}/textfeat fit data/ingested --out data/features "$@"

# data/ingested and data/features -> data/dataset: checksummed shards
dataset *flags: build
    {{bin}}/dataset pack --images data/ingested --features data/features --out data/dataset "$@"

# --- the house ---

# Makes .venv with torch and links .libtorch to it; skipped when done
setup:
    @setup/ready.sh || { setup/system.sh && setup/venv.sh; }

# Builds the programs into target/debug
build: setup
    @cargo build --workspace

# What was found on this machine, and what to do about what is missing
doctor: build
    {{bin}}/gan doctor

# All tests
test *args: setup
    cargo test --workspace "$@"

# Makes .venv-peers with what the benchmarks' scripts need
peers: setup
    #!/usr/bin/env bash
    set -euo pipefail
    if ! cmp -s benches/peer/requirements.txt .venv-peers/installed.txt; then
        .venv/bin/python -m venv --clear .venv-peers
        # torch is the one that is here already.
        readlink -f .venv/lib/python3*/site-packages > "$(echo .venv-peers/lib/python3*/site-packages)/torch.pth"
        .venv-peers/bin/python -m pip --disable-pip-version-check install -r benches/peer/requirements.txt
        cp benches/peer/requirements.txt .venv-peers/installed.txt
    fi

# The data stages beside the Python tools, side by side, on the real data in FOLDER (see docs/benchmarks.md)
bench-data folder="../shared/data": build peers
    #!/usr/bin/env bash
    set -euo pipefail
    python=.venv-peers/bin/python
    $python benches/peer/ingest.py "$1/fashion-fullres" --program {{bin}}/ingest
    $python benches/peer/resize.py "$1/fashion-fullres" --program {{bin}}/ingest
    $python benches/peer/tfidf.py "$1/fashion-captions" --textfeat {{bin}}/textfeat
    $python benches/peer/lsa.py "$1/fashion-captions" --textfeat {{bin}}/textfeat
    {{bin}}/ingest "$1/fashion-12k" --out data/bench/ingested
    {{bin}}/textfeat fit data/bench/ingested --out data/bench/features
    {{bin}}/textfeat fit data/bench/ingested --out data/bench/lsa --method lsa
    python3 benches/captions.py "$1/fashion-captions" --ingest {{bin}}/ingest --textfeat {{bin}}/textfeat --models data/bench/features data/bench/lsa
    {{bin}}/dataset pack --images data/bench/ingested --features data/bench/features --out data/bench/dataset
    $python benches/peer/loading.py --ingested data/bench/ingested --features data/bench/features --data data/bench/dataset --program {{bin}}/dataset

# Training steps beside PyTorch's, in turn, on made-up batches; more flags go to the script (see docs/benchmarks.md)
bench-train *flags: build peers
    .venv-peers/bin/python benches/peer/train.py --gan {{bin}}/gan "$@"

# Resident memory and time of the data stages at up to 200,000 made-up products: docs/memory.png (see docs/benchmarks.md)
bench-memory *flags: build peers
    .venv-peers/bin/python benches/memory.py --programs {{bin}} --plot docs/memory.png "$@"

# Fuzzes what reads foreign bytes, each TARGET (or all) for so many SECONDS; needs cargo-fuzz, and builds polars anew
fuzz seconds="60" *targets:
    fuzz/run.sh "$@"

# What CI checks beside the tests: format, lints, documentation, licences and advisories
check: setup
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
    setup/deny.sh

# Tests and checks, as CI runs them
ci:
    .ci/run

# Formats the code
fmt:
    cargo fmt --all
