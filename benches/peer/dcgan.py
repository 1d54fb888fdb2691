"""What the article's DCGAN learns in PyTorch in a given time, as a run that `gan eval` measures like any other.

    just peers
    dataset export data/dataset --to safetensors --out data/export
    .venv-peers/bin/python benches/peer/dcgan.py --export data/export --data data/dataset --run runs/pytorch --minutes 30
    gan eval --run runs/pytorch --data data/dataset

The step is that of train.py beside this file: eager and in fp32, as pytorch/examples has it, unless --column says otherwise. Pictures and
text vectors are those of the house's data set, any of a product's captions at random. What is written is the `model.safetensors` of
configs/dcgan.toml with PyTorch's weights: the networks are the same (crates/gan/tests/torch_parity.rs).
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

import blake3
import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import train

BATCH = 64


def named(generator):
    """The tensors of PyTorch's generator under the names of the house's."""
    layers = [m for m in generator.main if not isinstance(m, (torch.nn.ReLU, torch.nn.Tanh))]
    # The house's text vectors are scaled to a variance of 1 before they are projected.
    yield "text.weight", generator.text.weight / train.DIMS**0.5
    for i, (conv, norm) in enumerate(zip(layers[:-1:2], layers[1::2])):
        yield f"blocks.{i}.conv.weight", conv.weight
        for name in ("weight", "bias", "running_mean", "running_var"):
            yield f"blocks.{i}.norm.{name}", getattr(norm, name)
    yield "to_rgb.weight", layers[-1].weight


def save(generator, images_seen, path):
    """Puts the weights into a model that `gan train` wrote, with the checksum of crates/gan/src/weights_file.rs."""
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["atelier"])["about"]
        shapes = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}
    tensors = {name: t.detach().contiguous() for name, t in sorted(named(generator))}
    found = {name: list(t.shape) for name, t in tensors.items()}
    if found != shapes:
        raise SystemExit(f"{path}: expected tensors {shapes}, found {found}")
    about["images_seen"] = images_seen
    compact = {"separators": (",", ":")}
    checksum = blake3.blake3(json.dumps(about, **compact).encode())
    for name, t in tensors.items():
        data = t.numpy().tobytes()
        checksum.update(f"\n{name} {list(t.shape)} {len(data)}\n".encode())
        checksum.update(data)
    sealed = json.dumps({"blake3": checksum.hexdigest(), "about": about}, **compact)
    save_file(tensors, path, {"atelier": sealed})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gan", type=Path, default=Path("target/debug/gan"))
    parser.add_argument("--config", type=Path, default=Path(__file__).parents[2] / "configs/dcgan.toml")
    parser.add_argument("--export", type=Path, required=True, help="what `dataset export --to safetensors` wrote")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--column", choices=train.COLUMNS, default="eager")
    args = parser.parse_args()

    # A run of one step, into whose model the weights go.
    settings = {"train.resolution": args.resolution, "train.batch": BATCH, "train.kimg": BATCH / 1000, "train.eval_kimg": 0}
    overrides = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    subprocess.run([args.gan, "train", args.config, "--data", args.data, "--run", args.run, "-q", *overrides], check=True)

    images, vectors = [], []
    for path in sorted(args.export.glob("train-*.safetensors")):
        with safe_open(path, "np") as file:
            part = file.get_tensor("images")
            n, side, times = len(part), args.resolution, part.shape[1] // args.resolution
            images.append(part.reshape(n, side, times, side, times, 3).mean((2, 4)).round().astype(np.uint8))
            vectors.append(file.get_tensor("vectors"))
    images = torch.from_numpy(np.concatenate(images)).permute(0, 3, 1, 2).contiguous()
    vectors = torch.from_numpy(np.concatenate(vectors))
    print(f"{len(images)} pictures of {args.resolution} px", flush=True)

    generator, step = train.training(args.column, args.resolution, BATCH, "cpu")
    begun, images_seen, told = time.monotonic(), 0, 0
    while (seconds := time.monotonic() - begun) < args.minutes * 60:
        for batch in torch.randperm(len(images))[: len(images) // BATCH * BATCH].split(BATCH):
            caption = torch.randint(vectors.shape[1], (BATCH,))
            step(images[batch].float() / 127.5 - 1, vectors[batch, caption])
            images_seen += BATCH
            if time.monotonic() - begun >= args.minutes * 60:
                break
        if seconds - told > 60:
            told = seconds
            print(f"{seconds / 60:.1f} min, {images_seen / 1000:.0f} kimg, {images_seen / seconds:.0f} images/s", flush=True)
    save(generator, images_seen, args.run / "model.safetensors")
    print(f"{args.run}: {images_seen / 1000:.0f} kimg in {args.minutes:g} minutes")


if __name__ == "__main__":
    main()
