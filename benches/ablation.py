"""What each part of a recipe is worth: short trainings that differ in one thing, several seeds of each, the same images seen.

    python3 benches/ablation.py --gan target/debug/gan --data data/dataset --runs runs/ablation

ROWS below names the trainings. The data need an evaluator (`gan eval --prepare`): each run is measured once, at its end, by the
training's own light evaluation. A run that is done is not trained again, one that was stopped goes on, so that the table can grow row by
row and seed by seed. It is printed as Markdown: means over the seeds, and after ± how far single runs are from them (the standard deviation).
`--at-once 2 --jobs 1` trains two runs at a time on a thread each, which gets more out of two cores.
"""

import argparse
import json
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Name, and what is set beside the recipe.
ROWS = [
    ("the recipe", []),
    ("logistic loss, no R2", ["objective.loss=non_saturating", "penalty.r2=0"]),
    ("twice as many wrong texts", ["objective.wrong_text=0.5"]),
    ("no wrong texts", ["objective.wrong_text=0"]),
    ("no smooth skips", ["networks.smooth_skip=false"]),
    ("the text enters once", ["networks.generator=dcgan", "networks.smooth_skip=false"]),
    ("larger penalties", ["penalty.r1=0.2", "penalty.r2=0.2"]),
    ("conditioning augmentation", ["networks.conditioning_augmentation=true", "objective.text_divergence=2"]),
    ("texts come in gradually", ["objective.text_warm_up_kimg=16"]),
    ("a tenth of captions dropped", ["augment.caption_dropout=0.1"]),
    ("a tenth of text values dropped", ["augment.word_dropout=0.1"]),
    ("weights not averaged", ["ema.half_life_kimg=0.001"]),
    # Its BatchNorm takes no penalties.
    ("the discriminator of a DCGAN", ["networks.discriminator=dcgan", "penalty.r1=0", "penalty.r2=0"]),
    ("whatever D sees is moved", ["augment.translation=0.125"]),
]
# Heading, and what is read from a run's last measurement, in the unit of the table.
COLUMNS = [
    ("type", lambda m: share(m, "article_type")),
    ("colour", lambda m: share(m, "base_colour")),
    ("gender", lambda m: share(m, "gender")),
    ("category", lambda m: share(m, "master_category")),
    ("R-precision, %", lambda m: 100 * m["r_precision"]),
    ("KID", lambda m: m["kid"]),
    ("diversity, %", lambda m: 100 * m["diversity"]),
]


def share(measures, attribute):
    """Right, in % of what photos get."""
    return 100 * measures[f"accuracy.{attribute}"] / measures[f"accuracy_real.{attribute}"]


def measured(run, kimg):
    """What a run measured once it had seen `kimg`; `None` where it has not come so far."""
    stats = run / "stats.jsonl"
    records = map(json.loads, stats.read_text().splitlines()) if stats.exists() else []
    return next((r for r in records if "kid" in r and r["kimg"] >= kimg), None)


def train(args, row, seed):
    """Trains one run to its end, unless it is there, and returns what it measured."""
    name, changes = row
    run = args.runs / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
    if measured(run, args.kimg) is None:
        settings = {
            "train.resolution": args.resolution, "train.kimg": args.kimg, "train.eval_kimg": args.kimg,
            "train.grid_kimg": args.kimg, "train.seed": seed,
        }
        pairs = [f"{key}={value}" for key, value in settings.items()] + changes
        command = [args.gan, "train", args.config, "--data", args.data, "--run", run, "--resume", "-q"]
        command += [word for pair in pairs for word in ("--set", pair)]
        command += ["--jobs", args.jobs] if args.jobs else []
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{run}: gan train ended with {done.returncode}\n{done.stderr[-1000:]}")
        print(f"{run}: done", file=sys.stderr)
    found = measured(run, args.kimg)
    if found is None:
        raise SystemExit(f"{run}/stats.jsonl: expected a measurement by an evaluator, found none; `gan eval --prepare` trains one")
    return found


def cell(values, digits):
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gan", type=Path, default=Path("target/debug/gan"))
    parser.add_argument("--config", type=Path, default=Path(__file__).parents[1] / "configs/atelier.toml")
    parser.add_argument("--data", type=Path, default=Path("data/dataset"))
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--rows", nargs="+", choices=[name for name, _ in ROWS], default=[name for name, _ in ROWS])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--kimg", type=float, default=64)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--jobs", type=int, help="threads of each run")
    args = parser.parse_args()

    rows = [row for row in ROWS if row[0] in args.rows]
    # A seed of every row before the next seed of any: what is there when it is stopped can be compared.
    tasks = [(row, seed) for seed in range(1, args.seeds + 1) for row in rows]
    with ThreadPoolExecutor(args.at_once) as pool:
        found = list(pool.map(lambda task: train(args, *task), tasks))
    print("| changed | " + " | ".join(heading for heading, _ in COLUMNS) + " |\n" + "| --- " * (1 + len(COLUMNS)) + "|")
    for row in rows:
        of_row = [measures for (other, _), measures in zip(tasks, found) if other is row]
        digits = {"KID": 3}
        cells = [cell([read(m) for m in of_row], digits.get(heading, 0)) for heading, read in COLUMNS]
        print(f"| {row[0]} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
