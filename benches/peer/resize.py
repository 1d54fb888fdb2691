"""`ingest`'s squares beside Pillow's: the mean absolute difference of each photo, in 255ths, and whether it stays below
2/255.

    just peers
    .venv-peers/bin/python benches/peer/resize.py DUMP --program target/debug/ingest

Pillow gets the box that `ingest` wrote to the catalogue and resizes to it by its Lanczos filter, in two ways:

* same scale: the JPEG is decoded as small as `ingest` decodes it (`draft`). Only the decoder and the resize differ.
  Pillow knows only halves, quarters and eighths; photos that `ingest` decodes at another scale are left to the other.
* full scale: the JPEG is decoded whole. The difference holds what decoding small costs.

The limit is for both. Photos of other formats, and those that are turned or have a colour profile, are counted and left out.
"""

import argparse
import json
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from PIL import Image

LIMIT = 2.0


def catalogue(folder, size):
    """Each photo's path in the dump, its box, and its square."""
    for table in sorted(folder.glob("catalogue-*.parquet")):
        rows = parquet.read_table(table, columns=["source", "box_x", "box_y", "box_w", "box_h"]).to_pylist()
        images = folder / table.name.replace("catalogue", "images").replace(".parquet", ".rgb")
        squares = np.fromfile(images, np.uint8).reshape(-1, size, size, 3)
        for row, square in zip(rows, squares, strict=True):
            yield row["source"], [row[f"box_{side}"] for side in "xywh"], square


def eighths(photo, size):
    """The scale that `ingest` decodes at: the fewest eighths that leave twice the pixels needed."""
    return min(max(math.ceil(size * 2 * 8 / max(photo.size)), 1), 8)


def by_pillow(path, box, drafted):
    with Image.open(path) as photo:
        if drafted:
            photo.draft("RGB", drafted)
            if photo.size != drafted:
                raise SystemExit(f"{path}: expected Pillow to decode {drafted}, found {photo.size}")
        return np.asarray(photo.convert("RGB").resize(box, Image.Resampling.LANCZOS))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("dump", type=Path)
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--sizes", type=int, nargs="*", default=[128, 256, 512])
    given = arguments.parse_args()

    figures, failed = {}, []
    print("| size | decoded | photos | mean of means | largest mean | largest of one value |\n| --- | --- | --- | --- | --- | --- |")
    for size in given.sizes:
        differences = {"same scale": [], "full scale": []}
        worst = dict.fromkeys(differences, ("", -1.0, 0))
        left_out = 0
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            command = [given.program, given.dump, "--out", out, "--size", str(size), "-q"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            for source, (x, y, w, h), square in catalogue(out, size):
                path = given.dump / source
                ours = square[y : y + h, x : x + w].astype(np.int16)
                with Image.open(path) as photo:
                    if photo.format != "JPEG" or photo.getexif().get(0x112, 1) != 1 or "icc_profile" in photo.info:
                        left_out += 1
                        continue
                    n = eighths(photo, size)
                    drafted = tuple(math.ceil(side * n / 8) for side in photo.size)
                ways = {"full scale": None}
                if n in (1, 2, 4, 8):
                    ways["same scale"] = drafted
                for way, drafted in ways.items():
                    difference = np.abs(ours - by_pillow(path, (w, h), drafted))
                    mean = float(difference.mean())
                    differences[way].append(mean)
                    worst[way] = max(worst[way], (source, mean, int(difference.max())), key=lambda found: found[1])
        for way, means in differences.items():
            if not means:
                print(f"| {size} | {way} | 0 of {left_out} | | | |")
                continue
            means = np.array(means)
            print(f"| {size} | {way} | {len(means)} | {means.mean():.3f} | {means.max():.3f} ({worst[way][0]}) | {worst[way][2]} |")
            figures[f"{size} {way}"] = {"photos": len(means), "mean": means.mean(), "largest": means.max()}
        if left_out:
            print(f"\n{left_out} photos left out: no JPEG, turned, or with a colour profile")
        if not differences["full scale"] or max(sum(differences.values(), [])) > LIMIT:
            failed.append(size)
    print(json.dumps({"limit": LIMIT, "figures": figures}))
    if failed:
        raise SystemExit(f"error: expected a mean difference of at most {LIMIT} of 255 for each photo, found more (or nothing to compare) at {failed}")


if __name__ == "__main__":
    main()
