"""Resident memory and time of the data stages over the number of products.

    just peers
    .venv-peers/bin/python benches/memory.py --programs target/debug --plot docs/memory.png

For each size of --products it writes a made-up dump, runs `ingest`, `textfeat fit` and `dataset pack` on it, and
samples the resident memory of each (VmRSS; the peak is VmHWM, which the kernel keeps). The last line is JSON.

`ingest synth` draws pictures, too few of them: the others are these in small, moved and tinted. Ten products share each
(hard links), which saves the time to write 200,000; so a tenth of the looks are distinct. Every product has a title, a
description and a model number of its own.
"""

import argparse
import functools
import io
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from multiprocessing import Pool
from pathlib import Path

LIMIT_MB = 600
WIDTH, HEIGHT = 72, 96
FIRST_ID = 1_000_000
DRAWN = 1000
SHARED = 10
# Stands for the id in a product's JSON until it is filled in.
ID = 99_999_999


def letters(number):
    """A number as a word, for brands that one product or a few have."""
    word = ""
    while True:
        number, place = divmod(number, 21 * 5)
        word += "bcdfghjklmnpqrstvwxyz"[place % 21] + "aeiou"[place // 21]
        if number == 0:
            return word


def variant(drawn, number):
    """Product `number`: its row and its JSON, from those of one that was drawn."""
    dice = random.Random(number)
    row, style, description, _ = drawn[number % len(drawn)]
    product = FIRST_ID + number
    # Zipf: few brands are common, many have one product.
    brand = letters(int(20_000 ** dice.random())).capitalize()
    model = f"{letters(dice.randrange(400)).upper()}{number}"
    title = f"{brand} {row[-1]} {model}"
    description = f"{description}<p>Model {model} of {brand}.</p>{drawn[dice.randrange(len(drawn))][2]}"
    return ",".join([str(product), *row[1:-1], title]) + "\n", product, style % {"id": product, "brand": brand, "title": title, "description": description}


def picture(small, number):
    """A JPEG of part of a drawn picture, in other tones."""
    dice = random.Random(-1 - number)
    gains = [dice.uniform(0.7, 1.0) for _ in range(3)]
    left, top = dice.randrange(24), dice.randrange(24)
    picture = small.crop((left, top, left + WIDTH, top + HEIGHT))
    picture = picture.point([min(255, round(value * gain)) for gain in gains for value in range(256)])
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()


def write_products(drawn, to, numbers):
    rows = []
    for number in numbers:
        row, product, style = variant(drawn, number)
        image = to / "images" / f"{product}.jpg"
        if number % SHARED == 0:
            image.write_bytes(picture(drawn[number // SHARED % len(drawn)][3], number))
            first = image
        else:
            os.link(first, image)
        (to / "styles" / f"{product}.json").write_text(style)
        rows.append(row)
    return rows


def load_drawn(folder):
    from PIL import Image

    lines = (folder / "styles.csv").read_text().splitlines()
    drawn = []
    for line in lines[1:]:
        row = line.split(",")
        style = json.loads((folder / "styles" / f"{row[0]}.json").read_text())
        description = json.dumps(style["data"]["productDescriptors"]["description"]["value"])[1:-1]
        style["data"].update(id=ID, brandName="@brand", productDisplayName="@title")
        style["data"]["productDescriptors"]["description"]["value"] = "@description"
        style = json.dumps(style).replace("%", "%%").replace(str(ID), "%(id)d")
        for name in ["@brand", "@title", "@description"]:
            style = style.replace(name, f"%({name[1:]})s")
        with Image.open(folder / "images" / f"{row[0]}.jpg") as photo:
            small = photo.convert("RGB").resize((WIDTH + 24, HEIGHT + 24))
        drawn.append((row, style, description, small))
    return lines[0], drawn


def write_dump(header, drawn, products, to):
    for name in ["images", "styles"]:
        (to / name).mkdir(parents=True)
    blocks = [range(at, min(at + SHARED * 100, products)) for at in range(0, products, SHARED * 100)]
    with Pool(os.cpu_count()) as pool, open(to / "styles.csv", "w") as table:
        table.write(header + "\n")
        for rows in pool.imap(functools.partial(write_products, drawn, to), blocks):
            table.writelines(rows)


def measured(command):
    """Runs a program: seconds, peak in MB, and samples of (seconds, MB)."""
    begun = time.perf_counter()
    samples, peak = [], 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = []
    # Read aside, so that neither pipe fills up.
    readers = [
        threading.Thread(target=lambda pipe=pipe, to=to: to.append(pipe.read()), daemon=True)
        for pipe, to in ((process.stdout, said), (process.stderr, said))
    ]
    for reader in readers:
        reader.start()
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            break
        sizes = dict(line.split(":", 1) for line in status.splitlines())
        if "VmRSS" in sizes:
            resident, highest = (int(sizes[name].split()[0]) / 1000 * 1.024 for name in ("VmRSS", "VmHWM"))
            samples.append((time.perf_counter() - begun, resident))
            peak = max(peak, highest)
        time.sleep(0.02)
    seconds = time.perf_counter() - begun
    for reader in readers:
        reader.join()
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {process.returncode}\n{''.join(said)}")
    return {"seconds": seconds, "peak_mb": peak, "samples": samples}


def runs(programs, dump, work, size):
    ingested, features, lsa, dataset = (work / name for name in ("ingested", "features", "lsa", "dataset"))
    return {
        "ingest": [programs / "ingest", dump, "--out", ingested, "--size", str(size), "-q", "--json"],
        "textfeat fit": [programs / "textfeat", "fit", ingested, "--out", features, "-q", "--json"],
        "textfeat fit --method lsa": [programs / "textfeat", "fit", ingested, "--out", lsa, "--method", "lsa", "-q", "--json"],
        "dataset pack": [programs / "dataset", "pack", "--images", ingested, "--features", features, "--out", dataset, "-q", "--json"],
    }


def thinned(samples, most=400):
    step = max(1, len(samples) // most)
    return samples[::step]


def plot(results, to):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes = sorted(results)
    largest = sizes[-1]
    stages = list(results[largest])
    figure, (over_run, peaks, times) = plt.subplots(1, 3, figsize=(15, 4.6), constrained_layout=True)
    for stage in stages:
        run = results[largest][stage]
        whole = run["seconds"]
        points = [(at / whole * largest / 1000, mb) for at, mb in thinned(run["samples"])]
        over_run.plot(*zip(*points), label=stage, linewidth=1.2)
        thousands = [size / 1000 for size in sizes]
        peaks.plot(thousands, [results[size][stage]["peak_mb"] for size in sizes], "o-", label=stage)
        times.plot(thousands, [results[size][stage]["seconds"] for size in sizes], "o-", label=stage)
    over_run.set_title(f"resident memory during the run of {largest:,} products")
    over_run.set_xlabel("thousand products (share of the run's time)")
    peaks.set_title("peak of resident memory")
    times.set_title("time")
    for axes in (over_run, peaks):
        axes.axhline(LIMIT_MB, color="grey", linestyle="--", linewidth=1)
        axes.annotate(f"limit {LIMIT_MB} MB", (0, LIMIT_MB), textcoords="offset points", xytext=(4, 4), color="grey")
        axes.set_ylabel("MB")
        axes.set_ylim(0, LIMIT_MB * 1.15)
    for axes in (peaks, times):
        axes.set_xlabel("thousand products")
        axes.set_xlim(0, None)
    times.set_ylabel("seconds")
    times.set_ylim(0, None)
    times.legend(frameon=False)
    figure.savefig(to, dpi=100)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--programs", type=Path, required=True, help="folder of the built programs")
    arguments.add_argument("--products", type=int, nargs="+", default=[200_000, 100_000, 50_000, 25_000])
    arguments.add_argument("--size", type=int, default=64)
    arguments.add_argument("--work", type=Path, help="folder to work in [default: a temporary one]")
    arguments.add_argument("--stages", nargs="*", help="only these")
    arguments.add_argument("--plot", type=Path)
    given = arguments.parse_args()

    results = {}
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        folder = Path(folder)
        drawn = folder / "drawn"
        synth = [given.programs / "ingest", "synth", "--products", str(DRAWN), "--out", drawn, "-q"]
        subprocess.run(synth, check=True, stdout=subprocess.DEVNULL)
        header, drawn = load_drawn(drawn)
        print("| products | stage | peak MB | seconds | ms a product |\n| --- | --- | --- | --- | --- |", flush=True)
        for products in given.products:
            dump, work = folder / "dump", folder / "work"
            write_dump(header, drawn, products, dump)
            results[products] = {}
            for stage, command in runs(given.programs, dump, work, given.size).items():
                if given.stages and stage not in given.stages:
                    continue
                run = results[products][stage] = measured(command)
                print(f"| {products:,} | `{stage}` | {run['peak_mb']:.0f} | {run['seconds']:.1f} | {run['seconds'] * 1000 / products:.3f} |", flush=True)
            shutil.rmtree(dump)
            shutil.rmtree(work)
            if given.plot:
                plot(results, given.plot)
    short = {size: {stage: {k: round(run[k], 2) for k in ("seconds", "peak_mb")} for stage, run in of.items()} for size, of in results.items()}
    print(json.dumps(short))


if __name__ == "__main__":
    main()
