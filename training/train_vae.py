"""Stage 1: trains the VAE on the tiles of 17 frames it works in; knows no words and no transformer.

``python -m training.train_vae --data DIR --out DIR --minutes M`` (under ``torchrun --nproc-per-node N`` for several
GPUs). ``--weights DIR`` goes on from saved weights with a new warm-up.

Clips of 29 frames are encoded in two tiles, as the library does with longer ones. As in use, the first frame is also
encoded alone and takes the place of latent 0. By turns the first tile is decoded, or the second, whose first latent is
the fourth of the first tile and whose first frame is thrown away. The error is per clip the root of the mean square, so
that hard pictures do not drown easy ones, plus a little on edges. A little noise on the latents keeps neighbouring
codes alike. At the end the latents are given zero mean and unit variance per channel, which the 1x1 convolutions on
either side of them take up exactly.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLHunyuanVideo

from training.clips import Renderer
from training.layout import build_vae, load_vae, save_preview_table, save_vae
from training.motions import draw_plan
from training.muon import Muon
from training.runtime import Clock, Group, MovingAverage
from training.store import read_store

TILE_FRAMES = 17
TILE_STRIDE = 12
CLIP_FRAMES = TILE_FRAMES + TILE_STRIDE
SIZE = (144, 256)
CROP = (96, 128)
_CROPS_UNTIL = 0.6


@dataclass(frozen=True)
class Options:
    """The command line."""

    data: Path
    out: Path
    minutes: float
    weights: Path | None
    batch: int
    rate: float
    seed: int
    decoder_only: bool


def parse_options() -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures.zip and sprites.npz")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write vae/ into")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--weights", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--batch", type=int, default=6, help="clips a step on each GPU; of crops three times as many")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--decoder-only", action="store_true", help="leave the encoder, and so the latents, as they are"
    )
    return Options(**vars(parser.parse_args()))


class ClipFeed:
    """Batches of clips (B, 3, 29, h, w) in -1..1; a rendered clip is cut into several tiles.

    Every other batch is upright and laid on its side, so that one shape is enough. At first they are crops, a third of
    the pixels each: many small steps teach more than few large ones.
    """

    def __init__(self, renderer: Renderer, batch: int) -> None:
        self._renderer = renderer
        self._batch = batch
        self._ready: list[torch.Tensor] = []
        self._turn = 0

    def crops(self) -> torch.Tensor:
        """Three times as many clips as ``next``, each cut to ``CROP`` at one place."""
        rng = self._renderer.rng
        cut = []
        for _ in range(3):
            clip = self.next()
            top, left = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(SIZE, CROP, strict=True))
            cut.append(clip[..., top : top + CROP[0], left : left + CROP[1]])
        return torch.cat(cut)

    def next(self) -> torch.Tensor:
        """The next batch; rendering is done for several at once."""
        if not self._ready:
            upright = self._turn % 2 == 1
            size = SIZE[::-1] if upright else SIZE
            self._turn += 1
            plan = draw_plan(self._renderer.rng, self._batch * 4, 2)
            clips = self._renderer.draw(self._batch * 4, 2, size, plan)
            at = int(self._renderer.rng.integers(0, 15))
            for first in (at, at + CLIP_FRAMES):
                part = (clips.render(first, CLIP_FRAMES) * 2 - 1).transpose(1, 2)
                self._ready += list((part.mT if upright else part).split(self._batch))
        return self._ready.pop(0)


def _moments(vae: AutoencoderKLHunyuanVideo, x: torch.Tensor) -> torch.Tensor:
    """The posterior's mode (B, 16, t, h/8, w/8), unscaled."""
    return vae.quant_conv(vae.encoder(x)).chunk(2, 1)[0]


def _rendered(vae: AutoencoderKLHunyuanVideo, z: torch.Tensor) -> torch.Tensor:
    return vae.decoder(vae.post_quant_conv(z))


def _noisy(z: torch.Tensor, noise: float) -> torch.Tensor:
    return z + noise * torch.rand_like(z[:, :1, :1, :1, :1]) * torch.randn_like(z)


def step_loss(vae: AutoencoderKLHunyuanVideo, clip: torch.Tensor, noise: float, later: bool) -> torch.Tensor:
    """The loss on one tile, the first or the ``later`` one, of ``clip`` (B, 3, 29, h, w)."""
    first = _moments(vae, clip[:, :, :TILE_FRAMES])
    small = 1e-3 * first.float().square().mean()
    if later:
        second = _moments(vae, clip[:, :, TILE_STRIDE:])
        decoded = _rendered(vae, _noisy(torch.cat((first[:, :, 3:], second[:, :, 2:]), 2), noise))
        return loss_of(decoded[:, :, 1:], clip[:, :, TILE_STRIDE + 1 :]) + small
    alone = _moments(vae, clip[:, :, :1])
    z = _noisy(torch.cat((alone, first[:, :, 1:]), 2), noise)
    single = loss_of(_rendered(vae, z[:, :, :1]), clip[:, :, :1])
    return loss_of(_rendered(vae, z), clip[:, :, :TILE_FRAMES]) + 0.15 * single + small


def _edges(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def loss_of(decoded: torch.Tensor, clip: torch.Tensor) -> torch.Tensor:
    """RMS error per clip, plus the mean error of its edges."""
    error = (decoded - clip).float()
    rms = (error.square().mean((1, 2, 3, 4)) + 1e-5).sqrt().mean()
    edges = sum((a.float() - b.float()).abs().mean() for a, b in zip(_edges(decoded), _edges(clip), strict=True))
    return rms + 0.15 * edges


def psnr(decoded: torch.Tensor, clip: torch.Tensor) -> torch.Tensor:
    """Decibels per clip (B,), of pictures in -1..1."""
    error = (decoded.float().clamp(-1, 1) - clip.float()).square().mean((1, 2, 3, 4)) / 4
    return -10 * torch.log10(error + 1e-8)


@torch.no_grad()
def held_out_psnr(vae: AutoencoderKLHunyuanVideo, renderer: Renderer, clips: int = 32) -> torch.Tensor:
    """PSNR (N,) of clips of 37 frames, encoded and decoded through the library's own time-tiled paths."""
    values = []
    for _ in range(clips // 16):
        drawn = renderer.draw(16, 2, SIZE)
        clip = (drawn.render(0, 37) * 2 - 1).transpose(1, 2)
        z = vae.encode(clip).latent_dist.mode()
        z[:, :, :1] = vae.encode(clip[:, :, :1]).latent_dist.mode()
        values.append(psnr(vae.decode(z).sample, clip))
    return torch.cat(values).cpu()


@torch.no_grad()
def normalise(vae: AutoencoderKLHunyuanVideo, feed: ClipFeed, batches: int = 12) -> None:
    """Gives the latents zero mean and unit variance per channel, without changing what the VAE does."""
    zs = [_moments(vae, feed.next()[:, :, :TILE_FRAMES]).transpose(0, 1).flatten(1) for _ in range(batches)]
    flat = torch.cat(zs, 1).float()
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
        z = _moments(vae, clip) * vae.config.scaling_factor
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
    cuda = device.type == "cuda"
    if cuda:
        vae = vae.to(memory_format=torch.channels_last_3d)
    if options.decoder_only:
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    group.same_parameters(vae.parameters())
    average = MovingAverage(vae)
    trained = [p for p in vae.parameters() if p.requires_grad]
    optimiser = Muon((name, p) for name, p in vae.named_parameters())
    renderer = Renderer(read_store(options.data, "train", device), options.seed * 100 + group.rank)
    watcher = Renderer(read_store(options.data, "heldout", device), 1)
    feed = ClipFeed(renderer, options.batch)
    group.say(f"vae: {sum(p.numel() for p in trained) / 1e6:.2f} M trained, data ready at {clock.elapsed:.0f} s")

    step, said, share = 0, 0.0, 0.0
    while share < 1:
        clip = feed.crops() if share < _CROPS_UNTIL else feed.next()
        if cuda:
            clip = clip.contiguous(memory_format=torch.channels_last_3d)
        with torch.autocast(device.type, torch.bfloat16, enabled=cuda):
            loss = step_loss(vae, clip, 0.08, step % 2 == 1)
        loss.backward()
        group.average_gradients(trained)
        optimiser.step(clock.rate(options.rate, share))
        optimiser.zero_grad()
        average.update()
        step += 1
        if step % 5 == 0:
            share = group.agree(clock.share)
        if step == 1:
            group.say(f"first step after {clock.elapsed:.0f} s")
        if clock.elapsed > said + 30 and step % 5 == 0 and group.rank == 0:
            said = clock.elapsed
            memory = torch.cuda.max_memory_allocated() / 2**30 if cuda else 0
            watched = _watched(average, watcher, 16)
            group.say(f"{said:5.0f} s  step {step}  loss {loss.item():.4f}  {memory:.1f} GiB  {watched}")
    final = average.model.float()
    if group.rank == 0:
        if not options.decoder_only:
            normalise(final, feed)
        weight, bias = fit_preview(final, feed)
        group.say(f"done: {step} steps in {clock.elapsed:.0f} s, held out {_watched(average, watcher, 64)}")
        options.out.mkdir(parents=True, exist_ok=True)
        save_preview_table(weight, bias, options.out)
        save_vae(final, options.out)


def _watched(average: MovingAverage, watcher: Renderer, clips: int) -> str:
    model = average.model
    with torch.autocast(watcher.device.type, torch.bfloat16, enabled=watcher.device.type == "cuda"):
        values = held_out_psnr(model, watcher, clips)
    return f"PSNR {values.mean():.2f} dB, worst tenth {values.quantile(0.1):.2f}"


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
