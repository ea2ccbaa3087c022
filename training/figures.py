"""Owns the measurements of a draft but for subjects: each function takes a ``Rehearsal`` and pictures.

Seeds are fixed: the n-th section sampled for a figure has seed n.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from PIL import Image

from framepack.media.pictures import fill_frame
from framepack.sampling.sampler import SamplingSettings
from framepack.vae.decoding import decode_start
from training.clips import Renderer
from training.flow import Motion, kind_of, measure, speed_of
from training.motions import CAMERAS, ClipPlan
from training.rehearsal import Rehearsal, Take
from training.store import Store
from training.wording import held_out_prompts

PLAIN_PROMPTS = {
    "still": "the camera holds still",
    "pan_left": "the camera pans left",
    "pan_right": "the camera pans right",
    "tilt_up": "the camera tilts up",
    "tilt_down": "the camera tilts down",
    "zoom_in": "the camera zooms in",
    "zoom_out": "the camera zooms out",
    "turn_left": "rotate counterclockwise",
    "turn_right": "rotate clockwise",
    "shake": "handheld camera",
}
MOVING = CAMERAS[1:9]
STILL_LIMIT = 0.5
MEANINGLESS = ("blurgle wop", "the square root of a sandwich", "asdf qwer", "嗯嗯啊啊", "今天晚餐", "7 8 9")


@dataclass(frozen=True)
class Shot:
    """One section that was sampled and what its motion was."""

    picture: int
    camera: str
    prompt: str
    kind: str
    motion: Motion
    right: bool


class Camera:
    """Samples first sections and measures their motion."""

    def __init__(self, rehearsal: Rehearsal, takes: Sequence[Take], size: tuple[int, int], settings: SamplingSettings):
        self._rehearsal, self._takes, self._size, self._settings = rehearsal, takes, size, settings

    def shoot(self, picture: int, camera: str, prompt: str) -> Shot:
        """The first section of ``picture`` with ``prompt``, asked to do ``camera``."""
        take = self._rehearsal.extend(self._takes[picture], prompt, 1, picture, self._settings)
        motion = measure(self._rehearsal.frames(take.latents))
        kind = kind_of(motion, *self._size)
        right = kind == camera and (camera != "still" or motion.drift < STILL_LIMIT)
        return Shot(picture, camera, prompt, kind, motion, right)

    def plain(self, pictures: int) -> Iterator[Shot]:
        """At most so many pictures with every plain prompt."""
        for picture in range(min(pictures, len(self._takes))):
            for camera, prompt in PLAIN_PROMPTS.items():
                yield self.shoot(picture, camera, prompt)

    def held_out(self, phrases: int) -> Iterator[Shot]:
        """At most ``phrases`` held-out prompts of every motion in English and in Chinese, spread over the lists.

        The pictures take turns.
        """
        number = 0
        for camera in PLAIN_PROMPTS:
            english, chinese = held_out_prompts(camera)
            for prompt in (*spread(english, phrases), *spread(chinese, phrases)):
                yield self.shoot(number % len(self._takes), camera, prompt)
                number += 1

    def meaningless(self) -> Iterator[tuple[str, float, float]]:
        """(words, px a second that the picture moves, dB between its first and last frame), for the first picture."""
        for prompt in MEANINGLESS:
            take = self._rehearsal.extend(self._takes[0], prompt, 1, 0, self._settings)
            frames = self._rehearsal.frames(take.latents)
            yield prompt, measure(frames).drift, decibels(frames[0], frames[-1])

    def speeds(self, pictures: int) -> Iterator[tuple[str, float, float]]:
        """(motion, slow, fast) for the moving motions, speeds in units of the normal one."""
        for picture in range(pictures):
            for camera in MOVING:
                slow, fast = (
                    speed_of(self.shoot(picture, camera, f"{PLAIN_PROMPTS[camera]} {word}").motion, camera, *self._size)
                    for word in ("slowly", "quickly")
                )
                yield camera, slow, fast


def spread(prompts: Sequence[str], count: int) -> list[str]:
    """``count`` of ``prompts`` at even distances, or all where there are fewer."""
    count = min(count, len(prompts))
    return [prompts[round(number * len(prompts) / count)] for number in range(count)]


def scorer_share(store: Store, size: tuple[int, int], clips: int = 3) -> float:
    """How many true clips the flow measurement names rightly: it has to be near one for the rest to mean anything."""
    renderer, right, total = Renderer(store, 5), 0, 0
    for camera in PLAIN_PROMPTS:
        shape = (clips, 1)
        none, normal = np.zeros(shape, int), np.ones(shape, int)
        plan = ClipPlan(np.full(shape, CAMERAS.index(camera)), none, normal, none)
        drawn = renderer.draw(clips, 1, size, plan)
        frames = (drawn.render(0, 37).permute(0, 1, 3, 4, 2) * 255).round().to(torch.uint8).cpu().numpy()
        right += sum(kind_of(measure(clip), *size) == camera for clip in frames)
        total += clips
    return right / total


def decibels(a: np.ndarray, b: np.ndarray) -> float:
    """PSNR of uint8 pictures."""
    error = np.square(a.astype(np.float64) - b).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-6)))


@torch.no_grad()
def reconstruction(rehearsal: Rehearsal, store: Store, size: tuple[int, int], clips: int) -> np.ndarray:
    """PSNR (clips, 2) of moving clips of 37 frames, encoded and decoded: in the library's time-tiled mode, and as the

    engine shows them, with the detail of the first frame, which is given.
    """
    renderer = Renderer(store, 1)
    values = []
    for _ in range(clips):
        frames = renderer.draw(1, 2, size).render(0, 37)
        video = (frames * 2 - 1).transpose(1, 2).to(rehearsal.device)
        z = rehearsal.vae.encode(video).latent_dist.mode()
        z[:, :, :1] = rehearsal.vae.encode(video[:, :, :1]).latent_dist.mode()
        latents = z.float().cpu() * rehearsal.vae.config.scaling_factor
        true = (frames[0].permute(0, 2, 3, 1) * 255).round().to(torch.uint8).cpu().numpy()
        shown = rehearsal.shown(Take(latents, latents, latents, true[0]))
        values.append([decibels(rehearsal.frames(latents), true), decibels(shown[1:], true[1:])])
    return np.array(values)


def start_fidelity(
    rehearsal: Rehearsal, takes: Sequence[Take], pictures: Sequence[Image.Image], size: tuple[int, int]
) -> list[tuple[float, float]]:
    """PSNR of each shot's first frame against the picture at the draft's size: as shown, and as its latent decodes."""
    given = [np.asarray(fill_frame(picture.convert("RGB"), *size)) for picture in pictures]
    return [
        (decibels(take.picture, picture), decibels(decode_start(rehearsal.decoder, take.latents), picture))
        for take, picture in zip(takes, given, strict=True)
    ]


def sharpness(frames: np.ndarray) -> float:
    """Mean variance of the Laplacian."""
    return float(np.mean([cv2.Laplacian(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var() for f in frames]))


def detail_kept(rehearsal: Rehearsal, takes: Sequence[Take], settings: SamplingSettings) -> np.ndarray:
    """(takes, 3): sharpness over the given picture's of the first frame and of frame 60 of a still shot as shown, and

    of that as its latents decode.
    """
    kept = []
    for take in takes:
        made = rehearsal.extend(take, PLAIN_PROMPTS["still"], 2, 0, settings)
        found = (take.picture[None], rehearsal.shown(made)[60:61], rehearsal.frames(made.latents)[60:61])
        kept.append([sharpness(frames) / sharpness(take.picture[None]) for frames in found])
    return np.array(kept)


def detail_of_a_pan(rehearsal: Rehearsal, takes: Sequence[Take], settings: SamplingSettings) -> np.ndarray:
    """(takes,): sharpness of frame 60 of a pan as shown, over the given picture's."""
    made = [rehearsal.extend(take, PLAIN_PROMPTS["pan_left"], 2, 0, settings) for take in takes]
    return np.array([sharpness(rehearsal.shown(one)[60:61]) / sharpness(one.picture[None]) for one in made])


@dataclass(frozen=True)
class Drift:
    """From the first section to the last: the largest change of a mean colour, of full scale, and relative changes of

    brightness, contrast and sharpness.
    """

    colour: float
    brightness: float
    contrast: float
    sharpness: float


def drift(rehearsal: Rehearsal, take: Take, settings: SamplingSettings, sections: int = 10) -> Drift:
    """What a still shot of ``sections`` sections loses or gains."""
    frames = rehearsal.shown(rehearsal.extend(take, PLAIN_PROMPTS["still"], sections, 0, settings))
    first, last = frames[1:37], frames[-36:]

    def change(before: float, after: float) -> float:
        return float(after / max(before, 1e-9) - 1)

    return Drift(
        float(np.abs(first.mean((0, 1, 2)) - last.mean((0, 1, 2))).max() / 255),
        change(first.mean(), last.mean()),
        change(first.std((1, 2)).mean(), last.std((1, 2)).mean()),
        change(sharpness(first), sharpness(last)),
    )


def turns_of_motion(
    rehearsal: Rehearsal, take: Take, cameras: tuple[str, str], sections: int, settings: SamplingSettings
) -> tuple[str, str]:
    """What is found in the last section of each of two parts of ``sections`` sections, asked for ``cameras``.

    Parts of a shot and shots that continue are made alike: from the latents before, with another prompt.
    """
    found = []
    for number, camera in enumerate(cameras):
        take = rehearsal.extend(take, PLAIN_PROMPTS[camera], sections, number, settings)
        height, width = (side * 8 for side in take.latents.shape[-2:])
        found.append(kind_of(measure(rehearsal.frames(take.latents)[-37:]), height, width))
    return found[0], found[1]


def seam(rehearsal: Rehearsal, take: Take, prompts: tuple[str, str], settings: SamplingSettings) -> float:
    """The difference across a continue join against the median one of neighbouring frames inside the shots."""
    one = rehearsal.extend(take, prompts[0], 1, 0, settings)
    two = rehearsal.extend(one, prompts[1], 1, 1, settings)
    shown = rehearsal.shown(two)
    steps = np.array([np.abs(a.astype(np.float64) - b).mean() for a, b in itertools.pairwise(shown)])
    return float(steps[36] / max(np.median(np.delete(steps, 36)), 0.5))


def teacache(rehearsal: Rehearsal, take: Take, settings: SamplingSettings, threshold: float = 0.15) -> float:
    """PSNR of a section with TeaCache against the same one without."""
    plain, cached = (
        rehearsal.frames(rehearsal.extend(take, PLAIN_PROMPTS["pan_left"], 1, 0, used).latents)
        for used in (settings, replace(settings, cache="teacache", threshold=threshold))
    )
    return decibels(plain, cached)


def seconds_per_shot(rehearsal: Rehearsal, take: Take, settings: SamplingSettings) -> float:
    """Seconds of two cores for two sections, sampled and decoded as the engine does, from the processor time used."""
    start = time.process_time()
    rehearsal.shown(rehearsal.extend(take, PLAIN_PROMPTS["pan_left"], 2, 0, settings))
    return (time.process_time() - start) / 2
