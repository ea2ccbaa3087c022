"""Owns what both trainings of the VAE compute: a pass over a tile, the plain error, and what is watched meanwhile."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLHunyuanVideo
from PIL import Image

from framepack.media.pictures import fill_frame
from training.clips import Renderer
from training.critic import detail_share
from training.feeds import SIZE, TILE_FRAMES, TILE_STRIDE, ClipFeed, StillFeed
from training.layout import save_vae
from training.runtime import Clock, Group
from training.swift import decode, encode

HELD_OUT = Path(__file__).parent / "heldout"
_EDGES = 0.15
_SMALL_LATENTS = 1e-3
_SAID_EVERY = 60.0


class Lesson:
    """One pass after another over what the feeds show: a still, the first tile of a clip, a still, the later tile."""

    def __init__(self, clips: ClipFeed, stills: StillFeed, dtype: torch.dtype, noise: float = 0.08) -> None:
        self._clips, self._stills, self._dtype, self._noise = clips, stills, dtype, noise
        self._turn = 0

    def next(self, vae: AutoencoderKLHunyuanVideo, *, crops: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(decoded, true) of (B, 3, T, h, w), and the mean square of the latents."""
        self._turn += 1
        if self._turn % 2:
            still = self._stills.next()
            z = encode(vae, still, self._dtype)
            return decode(vae, self._noisy(z), self._dtype), still, z.square().mean()
        clip = self._clips.crops() if crops else self._clips.next()
        first = encode(vae, clip[:, :, :TILE_FRAMES], self._dtype)
        if self._turn % 4:
            alone = encode(vae, clip[:, :, :1], self._dtype)
            z = self._noisy(torch.cat((alone, first[:, :, 1:]), 2))
            return decode(vae, z, self._dtype), clip[:, :, :TILE_FRAMES], first.square().mean()
        second = encode(vae, clip[:, :, TILE_STRIDE:], self._dtype)
        z = self._noisy(torch.cat((first[:, :, 3:], second[:, :, 2:]), 2))
        return decode(vae, z, self._dtype)[:, :, 1:], clip[:, :, TILE_STRIDE + 1 :], first.square().mean()

    def _noisy(self, z: torch.Tensor) -> torch.Tensor:
        return z + self._noise * torch.rand_like(z[:, :1, :1, :1, :1]) * torch.randn_like(z)


def plain_error(decoded: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """RMS error per clip, so that hard pictures do not drown easy ones, plus a little on edges in space and time."""
    error = decoded - true
    rms = (error.square().mean((1, 2, 3, 4)) + 1e-5).sqrt().mean()
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    if error.shape[2] > 1:
        edges = edges + error.diff(dim=2).abs().mean()
    return rms + _EDGES * edges


def whole_error(decoded: torch.Tensor, true: torch.Tensor, square: torch.Tensor) -> torch.Tensor:
    """``plain_error``, and latents that do not grow."""
    return plain_error(decoded, true) + _SMALL_LATENTS * square


def psnr(decoded: torch.Tensor, clip: torch.Tensor) -> torch.Tensor:
    """Decibels per clip (B,), of pictures in -1..1."""
    error = (decoded.float().clamp(-1, 1) - clip.float()).square().mean((1, 2, 3, 4)) / 4
    return -10 * torch.log10(error + 1e-8)


@torch.no_grad()
def held_out_psnr(vae: AutoencoderKLHunyuanVideo, renderer: Renderer, clips: int) -> torch.Tensor:
    """PSNR (N,) of clips of 37 frames, four at a time, encoded and decoded by the library in its time-tiled mode."""
    values = []
    for _ in range(clips // 4):
        drawn = renderer.draw(4, 2, SIZE)
        clip = (drawn.render(0, 37) * 2 - 1).transpose(1, 2)
        z = vae.encode(clip).latent_dist.mode()
        z[:, :, :1] = vae.encode(clip[:, :, :1]).latent_dist.mode()
        values.append(psnr(vae.decode(z).sample, clip))
    return torch.cat(values).cpu()


def held_out_stills(device: torch.device) -> torch.Tensor:
    """The held-out pictures (N, 3, 1, h, w), as the studio fits them."""
    fitted = [
        np.asarray(fill_frame(Image.open(path).convert("RGB"), *SIZE)) for path in sorted(HELD_OUT.glob("*.webp"))
    ]
    return (torch.from_numpy(np.stack(fitted)).to(device).permute(0, 3, 1, 2)[:, :, None].float() / 127.5) - 1


class Watcher:
    """Says how well a VAE does on clips and pictures that are never trained on."""

    def __init__(self, renderer: Renderer, dtype: torch.dtype) -> None:
        self._renderer, self._dtype = renderer, dtype
        self._stills = held_out_stills(renderer.device)

    @torch.no_grad()
    def report(self, vae: AutoencoderKLHunyuanVideo, clips: int) -> str:
        """One line."""
        made = decode(vae, encode(vae, self._stills, self._dtype), self._dtype).clamp(-1, 1)
        first, share = psnr(made, self._stills), detail_share(made[:, :, 0], self._stills[:, :, 0])
        device = self._renderer.device.type
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            moving = held_out_psnr(vae, self._renderer, clips)
        return (
            f"clips {moving.mean():.2f} dB, worst tenth {moving.quantile(0.1):.2f}; pictures {first.mean():.2f} dB, "
            f"worst {first.min():.2f}, detail {share.median():.3f}"
        )


class Minutes:
    """Says every minute how a training goes, and saves what it has so far below ``out``; ``clips`` are watched."""

    def __init__(self, watcher: Watcher, clock: Clock, group: Group, *, clips: int, out: Path) -> None:
        self._watcher, self._clock, self._group = watcher, clock, group
        self._clips, self._out = clips, out
        self._said = 0.0

    def after(self, step: int, vae: AutoencoderKLHunyuanVideo, figures: Callable[[], str]) -> None:
        """A step is done; ``figures`` are asked for only when something is said."""
        if step == 4:
            self._group.say(f"four steps after {self._clock.elapsed:.0f} s")
        if step % 4 or self._group.rank or self._clock.elapsed <= self._said + _SAID_EVERY:
            return
        self._said = self._clock.elapsed
        cuda = self._group.device.type == "cuda"
        memory = torch.cuda.max_memory_allocated() / 2**30 if cuda else 0
        watched = self._watcher.report(vae, self._clips)
        self._group.say(f"{self._said:5.0f} s  step {step}  {figures()}  {memory:.1f} GiB  {watched}")
        save_copy(vae, self._out)


def save_copy(vae: AutoencoderKLHunyuanVideo, folder: Path) -> None:
    """Writes ``folder/vae`` and leaves ``vae`` as it is; what is there already is replaced when the new is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / "unfinished"
    save_vae(copy.deepcopy(vae), beside)
    # The library notes where a model was read from, which means nothing on another machine.
    config = beside / "vae" / "config.json"
    facts = json.loads(config.read_text(encoding="utf-8"))
    facts.pop("_name_or_path", None)
    config.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "vae").mkdir(exist_ok=True)
    for path in sorted((beside / "vae").iterdir()):
        path.replace(folder / "vae" / path.name)
    (beside / "vae").rmdir()
    beside.rmdir()
