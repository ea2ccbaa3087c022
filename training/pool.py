"""Owns the encoded clips the transformer learns from: rendered, encoded, kept on the GPU; knows no sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLHunyuanVideo

from training.clips import Renderer
from training.layout import IMAGE_SIDE, LATENT_CHANNELS
from training.motions import EFFECTS, SUBJECTS
from training.wording import Section, section_of

SECTIONS = 4
WINDOW = 9
LATENTS = 1 + WINDOW * SECTIONS
SIZES = ((144, 256), (256, 144), (192, 192))
LARGE_SIZES = ((176, 320), (320, 176), (240, 240))
COMPILED_SIZES = SIZES[:2]
"""Both have as many tokens, so one compiled block does for both."""
SMALL_SIZES = ((96, 160), (160, 96), (128, 128))


@dataclass
class Samples:
    """B sections to learn: their whole ``clips`` (B, 16, 37, h, w), where in them the sections begin (B,), and

    ``image`` (B, 3, 64, 64) in -1..1, what the image encoder sees. ``alone`` (B,) says where a subject moves and the
    camera does not.
    """

    clips: torch.Tensor
    begins: np.ndarray
    image: torch.Tensor
    alone: np.ndarray


class Pool:
    """A ring of clips at one size."""

    def __init__(self, size: tuple[int, int], capacity: int, device: torch.device) -> None:
        h, w = size[0] // 8, size[1] // 8
        self.size = size
        self._latents = torch.zeros(capacity, LATENT_CHANNELS, LATENTS, h, w, dtype=torch.bfloat16, device=device)
        self._images = torch.zeros(capacity, 3, IMAGE_SIDE, IMAGE_SIDE, dtype=torch.bfloat16, device=device)
        # Per clip and section: camera, second, speed, effect, figure.
        self._labels = np.zeros((capacity, SECTIONS, 5), np.int64)
        self.made = 0

    @property
    def held(self) -> int:
        """How many clips there are."""
        return min(self.made, len(self._labels))

    @torch.no_grad()
    def extend(self, renderer: Renderer, vae: AutoencoderKLHunyuanVideo, count: int) -> None:
        """Makes ``count`` more clips; the oldest give way when the ring is full."""
        clips = renderer.draw(count, SECTIONS, self.size)
        frames = (clips.render(0, clips.frames) * 2 - 1).transpose(1, 2)
        with torch.autocast(frames.device.type, torch.bfloat16, enabled=frames.is_cuda):
            z = vae.encode(frames).latent_dist.mode()
            z[:, :, :1] = vae.encode(frames[:, :, :1]).latent_dist.mode()
        z = z * vae.config.scaling_factor
        image = F.interpolate(
            frames[:, :, 0], (IMAGE_SIDE, IMAGE_SIDE), mode="bicubic", antialias=True, align_corners=False
        )
        plan = clips.plan
        figure = np.repeat(clips.figure[:, None], SECTIONS, 1)
        labels = np.stack((plan.camera, plan.second, plan.speed, plan.effect, figure), -1)
        at = np.arange(self.made, self.made + count) % len(self._labels)
        rows = torch.from_numpy(at).to(frames.device)
        self._latents[rows] = z.to(torch.bfloat16)
        self._images[rows] = image.clamp(-1, 1).to(torch.bfloat16)
        self._labels[at] = labels
        self.made += count

    def candidates(self, rng: np.random.Generator, count: int, first: float) -> tuple[np.ndarray, list[Section]]:
        """``count`` (clip, first new latent) pairs (count, 2) and what happens in each.

        A share of ``first`` are a clip's first sections, which have nothing but a picture before them.
        Mostly whole sections. Where two neighbouring ones do the same the cut may lie anywhere between, as it does
        after a shot that ended inside a section.
        """
        clip = rng.integers(0, self.held, count)
        section = np.where(rng.random(count) < first, 0, rng.integers(1, SECTIONS, count))
        following = np.minimum(section + 1, SECTIONS - 1)
        goes_on = (self._labels[clip, section] == self._labels[clip, following]).all(-1) & (section < SECTIONS - 1)
        inside = np.where(goes_on & (rng.random(count) < 0.3), rng.integers(1, WINDOW, count), 0)
        begin = 1 + section * WINDOW + inside
        sections = [section_of(*(int(v) for v in self._labels[c, s])) for c, s in zip(clip, section, strict=True)]
        return np.stack((clip, begin), 1), sections

    def gather(self, rows: np.ndarray) -> Samples:
        """The samples of ``rows`` (B, 2), float."""
        index = torch.from_numpy(rows[:, 0]).to(self._latents.device)
        labels = self._labels[rows[:, 0], (rows[:, 1] - 1) // WINDOW]
        alone = (labels[:, 3] >= EFFECTS.index(SUBJECTS[0])) & ~labels[:, :2].any(1)
        return Samples(self._latents[index].float(), rows[:, 1], self._images[index].float(), alone)


def split_samples(samples: Samples, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(history (B, 16, 19, h, w), anchor (B, 16, 1, h, w), target (B, 16, 9, h, w)).

    The anchor is the clip's first latent; for some it is a later one (a shot that continues without a picture of its
    own is anchored to where it began) or one of another clip.
    """
    clips = samples.clips
    device, count = clips.device, len(clips)
    begin = torch.from_numpy(samples.begins).to(device)
    padded = F.pad(clips, (0, 0, 0, 0, 19, 0))
    steps = torch.arange(19 + WINDOW, device=device)
    index = (begin[:, None] + steps).view(count, 1, -1, 1, 1).expand(-1, clips.shape[1], -1, *clips.shape[3:])
    both = padded.gather(2, index)
    draw = torch.rand(count, generator=generator, device=device)
    moved = (torch.rand(count, generator=generator, device=device) * begin).long()
    at = torch.where(draw < 0.25, moved, torch.zeros_like(moved))
    at = torch.where(draw < 0.12, begin - 1, at)
    anchor = clips[torch.arange(count, device=device), :, at][:, :, None]
    anchor = torch.where((draw > 0.96).view(-1, 1, 1, 1, 1), anchor.roll(1, 0), anchor)
    return both[:, :, :19], anchor, both[:, :, 19:]


def disturb(history: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """``history`` with the errors a generated one has: noise, gain, offset, softness; its empty slots stay empty.

    The targets stay clean, so the model learns to lead the picture back instead of drifting further.
    """
    count, channels = history.shape[:2]

    def per_sample(share: float, *shape: int) -> torch.Tensor:
        on = torch.rand(count, 1, 1, 1, 1, generator=generator, device=history.device) < share
        values = torch.randn(count, *shape, 1, 1, 1, generator=generator, device=history.device)
        return values.view(count, -1, 1, 1, 1) * on

    filled = (history != 0).any(1, keepdim=True).any(-1, keepdim=True).any(-2, keepdim=True)
    soft = F.avg_pool3d(F.pad(history, (1, 1, 1, 1, 0, 0), mode="replicate"), (1, 3, 3), 1)
    weight = per_sample(0.4, 1).abs().clamp(max=2) * 0.12
    out = history + weight * (soft - history)
    out = out * (1 + 0.04 * per_sample(0.4, channels)) + 0.07 * per_sample(0.4, channels)
    noise = torch.randn(history.shape, generator=generator, device=history.device)
    out = out + 0.08 * per_sample(0.5, 1).abs().clamp(max=2) * noise
    return torch.where(filled, out, history)
