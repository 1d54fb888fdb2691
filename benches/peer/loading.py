"""Shuffled batches of images (u8) and caption vectors (f32): `dataset bench` beside torch's DataLoader over
memory-mapped arrays and beside WebDataset, by turns in one run.

    just peers
    .venv-peers/bin/python benches/peer/loading.py --ingested data/ingested --features data/features --data data/dataset

Every contender delivers the same number of samples of the same sizes in random order; the files are in memory
(one epoch goes before). Where webdataset is missing, so is its part of the table. The best round of each counts.
Prints a table in Markdown."""

import argparse
import importlib.util
import io
import itertools
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHUFFLE_BUFFER = 1000


def permutation(seed, epoch, length):
    """The very order that the loader's shuffle gives so many samples."""
    path = ROOT / "crates/dataset/src/epochs_golden.py"
    spec = importlib.util.spec_from_file_location("epochs_golden", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.permutation(seed, epoch, length)


class Mapped(Dataset):
    """What a DataLoader asks for one sample at a time."""

    def __init__(self, images, vectors):
        self.images, self.vectors = images, vectors

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return torch.from_numpy(np.array(self.images[i])), torch.from_numpy(np.array(self.vectors[i, i % 4]))


class Gathered(Mapped):
    """What a DataLoader asks for a batch at a time: one numpy gather, no collating."""

    def __getitem__(self, indices):
        indices = np.asarray(indices)
        return torch.from_numpy(self.images[indices]), torch.from_numpy(self.vectors[indices, indices % 4])


def gather(ingested, features, folder, samples):
    """The stages' files as two arrays on disk, mapped."""
    record = json.loads((ingested / "stage.json").read_text())
    size = record["settings"]["size"]
    settings = json.loads((features / "stage.json").read_text())["settings"]
    for name, stem, source in (("images", "images-*.rgb", ingested), ("vectors", "features-*.f32", features)):
        with open(folder / name, "wb") as out:
            for path in sorted(source.glob(stem)):
                out.write(path.read_bytes())
    images = np.memmap(folder / "images", np.uint8, "r").reshape(-1, size, size, 3)[:samples]
    vectors = np.memmap(folder / "vectors", np.float32, "r").reshape(-1, settings["captions"], settings["dims"])
    return images, vectors[:samples]


def tars(images, vectors, folder, shards=16):
    """WebDataset's shards, with raw bytes so that it has nothing to decode."""
    for shard in range(shards):
        with tarfile.open(folder / f"{shard:05}.tar", "w") as tar:
            for i in range(shard, len(images), shards):
                for ending, data in ("img", images[i].tobytes()), ("vec", vectors[i].tobytes()):
                    info = tarfile.TarInfo(f"{i:08}.{ending}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
    return sorted(str(path) for path in folder.glob("*.tar"))


def web(urls, batch, images, vectors, workers):
    import webdataset as wds

    def parts(sample):
        image = np.frombuffer(sample["img"], np.uint8).reshape(images.shape[1:])
        vector = np.frombuffer(sample["vec"], np.float32).reshape(vectors.shape[1:])
        return image, vector[int(sample["__key__"]) % 4]

    data = wds.WebDataset(urls, shardshuffle=len(urls), empty_check=False).shuffle(SHUFFLE_BUFFER).map(parts)
    return wds.WebLoader(data.batched(batch, partial=False), batch_size=None, num_workers=workers)


def endless(loader):
    while True:
        yield from loader


def timed(batches, count):
    begun = time.perf_counter()
    for _ in itertools.islice(batches, count):
        pass
    return time.perf_counter() - begun


def ours(program, data, batch, count, jobs):
    command = [program, "bench", data, "--batch", str(batch), "--batches", str(count), "--jobs", str(jobs), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--ingested", type=Path, required=True)
    arguments.add_argument("--features", type=Path, required=True)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--program", default=str(ROOT / "target/debug/dataset"))
    arguments.add_argument("--batch", type=int, default=64)
    arguments.add_argument("--batches", type=int, default=150)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()

    samples = json.loads((Path(given.data) / "stage.json").read_text())["counts"]["train"]
    batch, count = given.batch, given.batches
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        images, vectors = gather(given.ingested, given.features, folder, samples)
        order = permutation(0, 0, samples)
        groups = [order[i : i + batch] for i in range(0, samples, batch)]
        peers = {}
        for workers in (0, 2):
            keep = {"num_workers": workers, "persistent_workers": workers > 0}
            peers[f"DataLoader, {workers} workers"] = DataLoader(
                Mapped(images, vectors), batch_size=batch, sampler=order, **keep
            )
            peers[f"DataLoader, {workers} workers, a numpy gather a batch"] = DataLoader(
                Gathered(images, vectors), batch_size=None, sampler=groups, **keep
            )
        try:
            urls = tars(images, vectors, folder)
            for workers in (0, 2):
                peers[f"WebDataset, {workers} workers"] = web(urls, batch, images, vectors, workers)
        except ImportError as error:
            print(f"skipped: {error}", file=sys.stderr)
        peers = {name: endless(loader) for name, loader in peers.items()}
        for batches in peers.values():
            timed(batches, len(groups))
        best, reports = {}, {}
        for _ in range(given.rounds):
            for name, batches in peers.items():
                best[name] = min(best.get(name, float("inf")), timed(batches, count))
            for jobs in (1, 2):
                report = ours(given.program, given.data, batch, count, jobs)
                if jobs not in reports or report["seconds"] < reports[jobs]["seconds"]:
                    reports[jobs] = report

    rates = {name: count * batch / seconds for name, seconds in best.items()}
    sample_bytes = images[0].nbytes + vectors[0, 0].nbytes
    ours_best = max(report["images_per_second"] for report in reports.values())
    print(f"{samples} samples of {sample_bytes} bytes, batches of {batch}\n")
    print("| what | images/s | GB/s | `dataset` is |")
    print("| --- | --- | --- | --- |")
    for jobs, report in reports.items():
        rate = report["images_per_second"]
        print(f"| `dataset`, {jobs} threads | {rate:,.0f} | {rate * sample_bytes / 1e9:.2f} | |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {rate * sample_bytes / 1e9:.2f} | {ours_best / rate:.1f}x |")
    for threads, key in ((1, "memcpy_gigabytes_per_second"), (2, "memcpy_threads_gigabytes_per_second")):
        copy = max(reports[2][key], reports[1][key] if threads == 1 else 0)
        ratio = ours_best * sample_bytes / 1e9 / copy
        print(f"| plain copy, {threads} threads | {copy * 1e9 / sample_bytes:,.0f} | {copy:.2f} | {ratio:.2f}x |")


if __name__ == "__main__":
    main()
