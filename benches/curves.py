"""Loss curves of several runs in one picture, for instance of one recipe in fp32 and in bf16.

    just peers
    .venv-peers/bin/python benches/curves.py runs/fp32 runs/bf16 --out docs/precision.png

Reads each run's stats.jsonl. Draws the means over --window kimg, so that the noise of single steps does not hide what differs, and prints
the mean of each measure over the last fifth of the run. --measures names others in the place of the losses of D and G, such as r1
or kid; where a run has none of that name, the script ends with an error.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def curve(run, name, window):
    """Mean (kimg, value) over each `window` kimg in which the run measured `name`."""
    bins = {}
    path = run / "stats.jsonl"
    if not path.exists():
        raise SystemExit(f"{path}: expected a run's statistics, found no such file")
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if name in record:
            bins.setdefault(int(record["kimg"] // window), []).append(record[name])
    return [((i + 0.5) * window, sum(values) / len(values)) for i, values in sorted(bins.items())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--measures", nargs="+", default=["d_loss", "g_loss"])
    parser.add_argument("--window", type=float, default=2.0, help="kimg")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    figure, places = plt.subplots(1, len(args.measures), figsize=(4.5 * len(args.measures), 3.2), squeeze=False)
    print("| run | " + " | ".join(args.measures) + " |\n" + "| --- " * (1 + len(args.measures)) + "|")
    for run in args.runs:
        cells = []
        for name, place in zip(args.measures, places[0]):
            points = curve(run, name, args.window)
            if not points:
                raise SystemExit(f"{run}/stats.jsonl: expected a measure `{name}`, found none")
            place.plot(*zip(*points), label=run.name, linewidth=1)
            place.set(title=name, xlabel="kimg")
            last = [value for kimg, value in points if kimg >= 0.8 * points[-1][0]]
            cells.append(f"{sum(last) / len(last):.4f}")
        print(f"| {run.name} | " + " | ".join(cells) + " |")
    places[0][0].legend()
    figure.tight_layout()
    figure.savefig(args.out, dpi=90)


if __name__ == "__main__":
    main()
