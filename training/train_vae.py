"""Stage 1: trains the VAE on single pictures and on the tiles of 17 frames it works in; knows no words.

``python -m training.train_vae --data DIR --out DIR --minutes M`` (under ``torchrun --nproc-per-node N`` for several
GPUs). ``--weights DIR`` goes on from saved weights with a new warm-up. The averaged weights are written every two
minutes, so that a run that was cut off goes on from them.

Clips of 29 frames are encoded in two tiles, as the library does with longer ones. As in use, the first frame is also
encoded alone and takes the place of latent 0. By turns the first tile is decoded, or the second, whose first latent is
the fourth of the first tile and whose first frame is thrown away; between them stands a batch of single pictures. A
little noise on the latents keeps neighbouring codes alike. At the end the latents are given zero mean and unit variance
per channel, which the 1x1 convolutions on either side of them take up exactly.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLHunyuanVideo

from training.clips import Renderer
from training.feeds import TILE_FRAMES, ClipFeed, StillFeed
from training.layout import build_vae, load_vae, save_preview_table
from training.muon import Muon
from training.runtime import Clock, Group, MovingAverage
from training.store import read_store
from training.swift import encode
from training.vae_steps import Lesson, Minutes, Watcher, save_copy, whole_error

_CROPS_UNTIL = 0.6


@dataclass(frozen=True)
class Options:
    """The command line."""

    data: Path
    out: Path
    minutes: float
    weights: Path | None
    batch: int
    stills: int
    rate: float
    seed: int
    watched: int
    decoder_only: bool


def parse_options() -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures.zip and sprites.npz")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write vae/ into")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--weights", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--batch", type=int, default=6, help="clips a step on each GPU; of crops three times as many")
    parser.add_argument("--stills", type=int, default=32, help="single pictures a step on each GPU, a multiple of 4")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--watched", type=int, default=16, help="held-out clips to measure on, a multiple of 4")
    parser.add_argument(
        "--decoder-only", action="store_true", help="leave the encoder, and so the latents, as they are"
    )
    return Options(**vars(parser.parse_args()))


@torch.no_grad()
def normalise(vae: AutoencoderKLHunyuanVideo, feed: ClipFeed, batches: int = 12) -> None:
    """Gives the latents zero mean and unit variance per channel, without changing what the VAE does."""
    zs = [encode(vae, feed.next()[:, :, :TILE_FRAMES], torch.float32) for _ in range(batches)]
    flat = torch.cat([z.transpose(0, 1).flatten(1) for z in zs], 1)
    mean, std = flat.mean(1), flat.std(1)
    inner, outer = vae.quant_conv, vae.post_quant_conv
    count = len(mean)
    outer.bias += (outer.weight[:, :, 0, 0, 0] @ mean).to(outer.bias)
    outer.weight *= std.view(1, -1, 1, 1, 1)
    inner.bias[:count] = (inner.bias[:count] - mean) / std
    inner.weight[:count] /= std.view(-1, 1, 1, 1, 1)
    inner.weight[count:] = 0
    inner.bias[count:] = -12
    vae.register_to_config(scaling_factor=1.0)


@torch.no_grad()
def fit_preview(vae: AutoencoderKLHunyuanVideo, feed: ClipFeed) -> tuple[torch.Tensor, torch.Tensor]:
    """Least squares from scaled latents to the mean colour (0..1) of the pixels each stands for: (16, 3), (3,)."""
    rows, colours = [], []
    for _ in range(12):
        clip = feed.next()[:, :, :TILE_FRAMES]
        z = encode(vae, clip, torch.float32) * vae.config.scaling_factor
        first = F.avg_pool3d(clip[:, :, :1], (1, 8, 8))
        later = F.avg_pool3d(clip[:, :, 1:], (4, 8, 8))
        rows.append(z.transpose(0, 1).flatten(1))
        colours.append((torch.cat((first, later), 2).transpose(0, 1).flatten(1) + 1) / 2)
    a, b = torch.cat(rows, 1).T.double().cpu(), torch.cat(colours, 1).T.double().cpu()
    solved = torch.linalg.lstsq(torch.cat((a, torch.ones(len(a), 1, dtype=a.dtype)), 1), b).solution
    return solved[:-1], solved[-1]


def train(options: Options, group: Group) -> None:
    """The whole stage."""
    torch.manual_seed(options.seed)
    device = group.device
    clock = Clock(options.minutes)
    vae = (load_vae(options.weights) if options.weights else build_vae()).to(device).train()
    if options.decoder_only:
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    group.same_parameters(vae.parameters())
    average = MovingAverage(vae)
    trained = [p for p in vae.parameters() if p.requires_grad]
    optimiser = Muon((name, p) for name, p in vae.named_parameters())
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    seed = options.seed * 100 + group.rank
    store = read_store(options.data, "train", device)
    feed = ClipFeed(Renderer(store, seed), options.batch)
    lesson = Lesson(feed, StillFeed(store, seed, options.stills), dtype)
    watcher = Watcher(Renderer(read_store(options.data, "heldout", device), 1), dtype)
    minutes = Minutes(watcher, clock, group, clips=options.watched, out=options.out)
    group.say(f"vae: {sum(p.numel() for p in trained) / 1e6:.2f} M trained, data ready at {clock.elapsed:.0f} s")

    step, share = 0, 0.0
    while share < 1:
        loss = whole_error(*lesson.next(vae, crops=share < _CROPS_UNTIL))
        loss.backward()
        group.average_gradients(trained)
        optimiser.step(clock.rate(options.rate, share))
        optimiser.zero_grad()
        average.update()
        step += 1
        if step % 4 == 0:
            share = group.agree(clock.share)
        minutes.after(step, average.model, lambda now=loss: f"loss {now.item():.4f}")
    if group.rank == 0:
        final = average.model
        if not options.decoder_only:
            normalise(final, feed)
        watched = watcher.report(final, options.watched * 4)
        group.say(f"done: {step} steps in {clock.elapsed:.0f} s, held out: {watched}")
        save_copy(final, options.out)
        save_preview_table(*fit_preview(final, feed), options.out)


def main() -> None:
    """The command."""
    options = parse_options()
    group = Group()
    try:
        train(options, group)
    finally:
        group.close()


if __name__ == "__main__":
    main()
