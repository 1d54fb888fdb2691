"""Training steps of the article's DCGAN: `gan bench` beside PyTorch, in one run.

    just peers
    .venv-peers/bin/python benches/peer/train.py --gan target/debug/gan

Both train the same networks (configs/dcgan.toml at the side and batch named) on one made-up batch, each in a process of its own, and
both in turn, --rounds times; the medians are compared. PyTorch's step is that of pytorch/examples `dcgan`, with the text joined as the
recipe has it and D frozen in G's turn. Its columns:

    eager       fp32, as the example is
    bf16        autocast to bf16, channels_last, fused Adam
    compiled    bf16 and torch.compile over both networks; `-` where it does not work

Memory is the peak of resident memory of the whole process (VmHWM).
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

DIMS, Z, TEXT, WIDTH = 256, 100, 128, 64
# As `gan bench`.
WARM_UP = {"cpu": 3, "cuda": 80}
COLUMNS = ["eager", "bf16", "compiled"]


def networks(resolution):
    import torch
    from torch import nn

    stages = (resolution // 4).bit_length() - 1
    top = WIDTH << (stages - 1)

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.text = nn.Linear(DIMS, TEXT, bias=False)
            layers, c = [nn.ConvTranspose2d(Z + TEXT, top, 4, 1, 0, bias=False), nn.BatchNorm2d(top), nn.ReLU(True)], top
            for _ in range(stages - 1):
                layers += [nn.ConvTranspose2d(c, c // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(c // 2), nn.ReLU(True)]
                c //= 2
            self.main = nn.Sequential(*layers, nn.ConvTranspose2d(c, 3, 4, 2, 1, bias=False), nn.Tanh())

        def forward(self, z, text):
            text = nn.functional.leaky_relu(self.text(text), 0.2)
            return self.main(torch.cat([z, text], 1)[:, :, None, None])

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            layers, c = [nn.Conv2d(3, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)], WIDTH
            for _ in range(stages - 1):
                layers += [nn.Conv2d(c, 2 * c, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * c), nn.LeakyReLU(0.2, True)]
                c *= 2
            self.features = nn.Sequential(*layers)
            self.text = nn.Sequential(nn.Linear(DIMS, TEXT, bias=False), nn.BatchNorm1d(TEXT), nn.LeakyReLU(0.2, True))
            self.join = nn.Sequential(
                nn.Conv2d(c + TEXT, c, 1, bias=False),
                nn.BatchNorm2d(c),
                nn.LeakyReLU(0.2, True),
                nn.Conv2d(c, 1, 4, bias=False),
            )

        def forward(self, images, text):
            x = self.features(images)
            text = self.text(text)[:, :, None, None].expand(-1, -1, 4, 4)
            return self.join(torch.cat([x, text], 1)).flatten()

    def init(m):
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(m.weight, 0.0, 0.02)
        elif isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.weight, 1.0, 0.02)
            nn.init.zeros_(m.bias)

    return Generator().apply(init), Discriminator().apply(init)


def training(column, resolution, batch, device):
    """The generator, and a step that shows images `[n, 3, r, r]` in -1..1 and texts `[n, DIMS]` to both networks."""
    import torch
    from torch import nn

    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    fast = column != "eager"
    generator, discriminator = (network.to(device) for network in networks(resolution))
    if fast:
        generator = generator.to(memory_format=torch.channels_last)
        discriminator = discriminator.to(memory_format=torch.channels_last)
    adam = [torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999), fused=fast) for n in (generator, discriminator)]
    g, d = (torch.compile(n) if column == "compiled" else n for n in (generator, discriminator))
    loss = nn.BCEWithLogitsLoss()
    real, fake = torch.ones(batch, device=device), torch.zeros(batch, device=device)

    def step(images, texts):
        if fast:
            images = images.to(memory_format=torch.channels_last)
        with torch.autocast(device, torch.bfloat16, enabled=fast):
            fakes = g(torch.randn(batch, Z, device=device), texts)
            logits = d(images, texts), d(fakes.detach(), texts)
        d_loss = (loss(logits[0].float(), real) + loss(logits[1].float(), fake)) / 2
        adam[1].zero_grad()
        d_loss.backward()
        adam[1].step()
        discriminator.requires_grad_(False)
        with torch.autocast(device, torch.bfloat16, enabled=fast):
            logits = d(fakes, texts)
        g_loss = loss(logits.float(), real)
        adam[0].zero_grad()
        g_loss.backward()
        adam[0].step()
        discriminator.requires_grad_(True)

    return generator, step


def peer(column, resolution, batch, steps, device):
    """Trains in this process, and prints what it measured."""
    import torch
    from torch import nn

    _, step = training(column, resolution, batch, device)
    images = torch.tanh(torch.randn(batch, 3, resolution, resolution, device=device))
    if column != "eager":
        images = images.to(memory_format=torch.channels_last)
    texts = nn.functional.normalize(torch.randn(batch, DIMS, device=device))
    wait = torch.cuda.synchronize if device == "cuda" else (lambda: None)
    for _ in range(WARM_UP[device]):
        step(images, texts)
    wait()
    begun = time.perf_counter()
    for _ in range(steps):
        step(images, texts)
    wait()
    rate = steps * batch / (time.perf_counter() - begun)
    print(json.dumps({"images_per_second": rate}))


def run(command):
    """The JSON a command ends with, and its peak of resident memory in MB; `None` where it fails."""
    wrapped = [sys.executable, "-c", WATCH, *map(str, command)]
    done = subprocess.run(wrapped, capture_output=True, text=True)
    if done.returncode != 0:
        sys.stderr.write(done.stderr[-600:])
        return None
    lines = done.stdout.splitlines()
    return json.loads(lines[-2])["images_per_second"], float(lines[-1])


WATCH = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
sys.exit(code)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gan", type=Path, default=Path("target/debug/gan"))
    parser.add_argument("--config", type=Path, default=Path(__file__).parents[2] / "configs/dcgan.toml")
    parser.add_argument("--resolutions", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--batches", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--images", type=int, default=512, help="images of a measurement, about")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--columns", nargs="+", choices=COLUMNS, default=COLUMNS)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--peer", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        column, *numbers = args.peer
        return peer(column, *map(int, numbers), args.device)

    print("| side | batch | gan fp32 | gan bf16 | " + " | ".join(f"PyTorch {c}" for c in args.columns)
          + " | best gan : eager | best : best | memory, gan : eager, MB |")
    print("| --- " * (7 + len(args.columns)) + "|")
    for resolution in args.resolutions:
        for batch in args.batches:
            steps = max(4, args.images // batch)
            sides = {
                f"gan {precision}": [args.gan, "bench", args.config, "--steps", steps, "--json", "-q", "--device", args.device]
                + [part for key, value in [("resolution", resolution), ("batch", batch), ("precision", precision)]
                   for part in ("--set", f"train.{key}={value}")]
                for precision in ("fp32", "bf16")
            } | {
                column: [sys.executable, __file__, "--device", args.device, "--peer", column, resolution, batch, steps]
                for column in args.columns
            }
            found = {name: [] for name in sides}
            for _ in range(args.rounds):
                for name, command in sides.items():
                    found[name].append(run(command))
            rates, memory = {}, {}
            for name, results in found.items():
                if None not in results:
                    rates[name] = statistics.median(rate for rate, _ in results)
                    memory[name] = max(peak for _, peak in results)
            mine = max(rates[n] for n in ("gan fp32", "gan bf16"))
            peers = [rates[c] for c in args.columns if c in rates]
            best = max((n for n in ("gan fp32", "gan bf16")), key=rates.get)
            cells = [f"{rates[n]:.1f}" if n in rates else "-" for n in sides]
            ratio = f"{mine / rates['eager']:.2f}x" if "eager" in rates else "-"
            held = f"{memory[best]:.0f} : {memory['eager']:.0f}" if "eager" in memory else "-"
            print(f"| {resolution} | {batch} | " + " | ".join(cells) + f" | {ratio} | {mine / max(peers):.2f}x | {held} |", flush=True)


if __name__ == "__main__":
    main()
