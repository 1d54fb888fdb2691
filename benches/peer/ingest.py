"""Photos to squares of one size: `ingest` beside the Python tools, in one run on the same files.

    just peers
    .venv-peers/bin/python benches/peer/ingest.py DUMP --program target/debug/ingest

DUMP is laid out as images/ID.jpg and styles.csv. Its photos are repeated to --photos under new names, so that start-up
counts for little. Every tool pads to a square on white, with its fastest way to decode, in as many processes as there
are cores, and writes what it made. `ingest` also reads every text, makes captions, hashes and a catalogue. The jobs run
in turn, --rounds times; the best time of each counts.
"""

import argparse
import csv
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import Pool
from pathlib import Path

import numpy as np


def with_pillow(size, path):
    from PIL import Image

    with Image.open(path) as photo:
        photo.draft("RGB", (size * 2, size * 2))
        photo = photo.convert("RGB")
        scale = size / max(photo.size)
        small = photo.resize([max(1, round(side * scale)) for side in photo.size], Image.Resampling.LANCZOS)
    square = Image.new("RGB", (size, size), (255, 255, 255))
    square.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
    return np.asarray(square)


def with_libvips(size, path):
    import pyvips

    small = pyvips.Image.thumbnail(path, size, height=size).colourspace("srgb")
    if small.hasalpha():
        small = small.flatten(background=255)
    return small.gravity("centre", size, size, extend="background", background=255).numpy()


def in_processes(one, paths, out, size):
    with Pool(os.cpu_count()) as pool, open(out, "wb") as file:
        for square in pool.imap(functools.partial(one, size), paths, chunksize=16):
            file.write(square.tobytes())


def by_img2dataset(paths, folder, size):
    """img2dataset only downloads: a server beside it hands out the files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(Path(paths[0]).parent))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    urls = folder / "urls.txt"
    urls.write_text("".join(f"http://127.0.0.1:{server.server_port}/{Path(path).name}\n" for path in paths))
    subprocess.run(
        [Path(sys.executable).parent / "img2dataset", f"--url_list={urls}", f"--output_folder={folder / 'out'}",
         f"--image_size={size}", "--resize_mode=border", "--output_format=webdataset", "--number_sample_per_shard=500",
         f"--processes_count={os.cpu_count()}", "--thread_count=16", "--enable_wandb=False"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    server.shutdown()
    made = sum(json.loads(stats.read_text())["successes"] for stats in (folder / "out").glob("*_stats.json"))
    if made != len(paths):
        raise SystemExit(f"img2dataset made {made} of {len(paths)} pictures")


def repeat(dump, photos, to):
    """A dump of the first one's photos, over and over, each a file of its own."""
    (to / "images").mkdir()
    (to / "styles").mkdir()
    with open(dump / "styles.csv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    width = len(header)
    # Titles with unquoted commas have more fields than the header.
    rows = {row[0]: row[: width - 1] + [", ".join(row[width - 1 :])] for row in rows}
    names = sorted(p.stem for p in (dump / "images").glob("*.jpg") if p.stem in rows)
    with open(to / "styles.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        for number in range(photos):
            name = names[number % len(names)]
            new = f"{name}{number // len(names):04}"
            table.writerow([new, *rows[name][1:]])
            shutil.copyfile(dump / "images" / f"{name}.jpg", to / "images" / f"{new}.jpg")
            style = dump / "styles" / f"{name}.json"
            if style.exists():
                shutil.copyfile(style, to / "styles" / f"{new}.json")
    return [str(p) for p in sorted((to / "images").iterdir())]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("dump", type=Path)
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--size", type=int, default=128)
    arguments.add_argument("--photos", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--without", nargs="*", default=[], choices=["pillow", "libvips", "img2dataset"])
    given = arguments.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "dump").mkdir()
        paths = repeat(given.dump, given.photos, folder / "dump")

        def ours():
            subprocess.run(
                [given.program, folder / "dump", "--out", folder / "ours", "--size", str(given.size), "--force", "-q"],
                check=True, stdout=subprocess.DEVNULL,
            )

        def img2dataset():
            shutil.rmtree(folder / "i2d", ignore_errors=True)
            (folder / "i2d").mkdir()
            by_img2dataset(paths, folder / "i2d", given.size)

        jobs = {
            "ingest": ours,
            "pillow": lambda: in_processes(with_pillow, paths, folder / "pillow.rgb", given.size),
            "libvips": lambda: in_processes(with_libvips, paths, folder / "libvips.rgb", given.size),
            "img2dataset": img2dataset,
        }
        jobs = {name: job for name, job in jobs.items() if name not in given.without}
        best = dict.fromkeys(jobs, float("inf"))
        for _ in range(given.rounds):
            for name, job in jobs.items():
                begun = time.perf_counter()
                job()
                best[name] = min(best[name], time.perf_counter() - begun)

    rates = {name: len(paths) / seconds for name, seconds in best.items()}
    print(f"{len(paths)} photos to {given.size}x{given.size}, {os.cpu_count()} cores, best of {given.rounds}\n")
    print("| tool | images/s | ingest is faster by |\n| --- | --- | --- |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.0f} | {rates['ingest'] / rate:.2f}x |")
    print(json.dumps({"images_per_second": rates}))


if __name__ == "__main__":
    main()
