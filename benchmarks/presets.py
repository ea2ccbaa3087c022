"""What each preset, and other step caches, cost in fidelity: measured with a draft checkpoint on given pictures.

    python benchmarks/presets.py training/heldout [--steps 25 8] [--count 3] [--cameras pan_left ...] \
        [--also first_block:0.15 teacache:0.15 fixed:0.4 steps:0.6] [--draft framepack/draft] [--device cpu]

Every picture is animated with every camera motion, one section each, exactly and in every way asked for, with the same
noise. Told are the share of steps that ran the blocks, the time against exact, how far the latents and the decoded
frames are from the exact ones (relative error, PSNR), and in how many shots the picture does what the prompt says, by
the flow of the frames. A way is a preset, ``CACHE:THRESHOLD``, ``steps:SHARE`` for fewer steps and no cache, ``fp8``
for 8-bit products alone, or ``fp8-attention`` for 8-bit attention too, which presets with 8-bit arithmetic have. The
last line on standard output is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch, as the engine's commands do

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from framepack.attention.backends import Attend, attend_with
from framepack.attention.cudnn_fp8 import attend_fp8
from framepack.checkpoints.table import CHECKPOINTS
from framepack.media.pictures import read_picture
from framepack.sampling.sampler import SamplingSettings, draw_noise, sample_section
from framepack.shots.presets import PRESETS
from framepack.shots.request import CacheKind
from framepack.transformer.transformer import FramepackTransformer
from training.figures import MOVING, PLAIN_PROMPTS, STILL_LIMIT, decibels
from training.flow import kind_of, measure
from training.layout import load_draft
from training.rehearsal import WINDOW, Rehearsal, Take

SIZE = (144, 256)
DRAFT = CHECKPOINTS["draft"]
Kind = Literal["exact", "fp8", "fp8-attention"]
EIGHT_BIT: dict[Kind, Attend] = {"fp8": attend_with("sdpa"), "fp8-attention": attend_fp8}


@dataclass(frozen=True)
class Way:
    """One way of sampling, with a transformer of some arithmetic."""

    name: str
    settings: SamplingSettings
    arithmetic: Kind


@dataclass(frozen=True)
class Shot:
    """What came out: latents of the section (1, 16, L, h, w), frames with the first one, and how."""

    latents: Tensor
    frames: NDArray[np.uint8]
    share_run: float
    seconds: float
    right: bool


def way_named(name: str, steps: int) -> Way:
    """The way called ``name`` at ``steps`` steps."""
    exact = SamplingSettings(steps, DRAFT.defaults.guidance, DRAFT.defaults.cfg, DRAFT.defaults.rescale)
    if name in PRESETS:
        preset = PRESETS[name]
        own = preset.steps_of(steps)
        settings = replace(exact, steps=own, cache=preset.cache, threshold=preset.threshold)
        return Way(name, settings, "fp8-attention" if preset.precision == "fast" else "exact")
    kind, _, value = name.partition(":")
    if kind in EIGHT_BIT:
        return Way(name, exact, cast(Kind, kind))
    if kind == "steps":
        return Way(name, replace(exact, steps=max(1, round(steps * float(value)))), "exact")
    return Way(name, replace(exact, cache=cast(CacheKind, kind), threshold=float(value)), "exact")


class Studio:
    """Shoots one section of a picture with a prompt."""

    def __init__(self, folder: Path, device: torch.device, kinds: Collection[Kind]) -> None:
        self.rehearsal = Rehearsal(folder, device)
        self.transformers: dict[Kind, FramepackTransformer] = {"exact": self.rehearsal.transformer}
        for kind in EIGHT_BIT.keys() & kinds:
            model = load_draft(folder).transformer.to(device, torch.bfloat16)
            self.transformers[kind] = FramepackTransformer.of_model(model, format="fp8", attend=EIGHT_BIT[kind])

    def shoot(self, take: Take, camera: str, seed: int, way: Way) -> Shot:
        """The first section after ``take``'s only frame."""
        conditioning = self.rehearsal.conditioning(PLAIN_PROMPTS[camera], take.image_embeds)
        height, width = take.latents.shape[-2:]
        noise = draw_noise(torch.Generator().manual_seed(seed), window=WINDOW, height=height, width=width)
        begun = time.perf_counter()
        steps = list(
            sample_section(
                self.transformers[way.arithmetic],
                history=take.latents,
                anchor=take.anchor,
                conditioning=conditioning,
                noise=noise,
                settings=way.settings,
            )
        )
        latents = steps[-1].latents.cpu()
        seconds = time.perf_counter() - begun
        frames = self.rehearsal.frames(torch.cat([take.latents, latents], dim=2))
        motion = measure(frames)
        right = kind_of(motion, *SIZE) == camera and (camera != "still" or motion.drift < STILL_LIMIT)
        return Shot(latents, frames, sum(step.ran_blocks for step in steps) / len(steps), seconds, right)


def compare(exact: Shot, other: Shot) -> dict[str, float]:
    """The figures of one shot against the exact one."""
    return {
        "share_run": other.share_run,
        "time": other.seconds / exact.seconds,
        "latent_error": float((other.latents - exact.latents).norm() / exact.latents.norm()),
        "psnr": decibels(other.frames[1:], exact.frames[1:]),
        "right": float(other.right),
    }


def rows(
    studio: Studio, takes: Sequence[Take], cameras: Sequence[str], steps: int, names: Sequence[str]
) -> Iterator[dict[str, object]]:
    """One row for every way; what is measured is printed as it comes."""
    exact_way = way_named("exact", steps)
    found: dict[str, list[dict[str, float]]] = {"exact": []}
    for number, take in enumerate(takes):
        for camera in cameras:
            exact = studio.shoot(take, camera, number, exact_way)
            found["exact"].append(compare(exact, exact))
            for name in names:
                figures = compare(exact, studio.shoot(take, camera, number, way_named(name, steps)))
                found.setdefault(name, []).append(figures)
                told = "  ".join(f"{key} {value:.4g}" for key, value in figures.items())
                print(f"{steps} steps  picture {number}  {camera}  {name}: {told}", flush=True)
    for name, figures in found.items():
        column = {key: np.array([one[key] for one in figures]) for key in figures[0]}
        yield {
            "steps": steps,
            "way": name,
            "shots": len(figures),
            "share_run": round(float(column["share_run"].mean()), 3),
            "time": round(float(np.median(column["time"])), 3),
            "latent_error": round(float(column["latent_error"].mean()), 4),
            "psnr": round(float(column["psnr"].mean()), 2),
            "psnr_lowest": round(float(column["psnr"].min()), 2),
            "right": round(float(column["right"].mean()), 3),
        }


def main() -> None:
    """Measure and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pictures", type=Path, help="a folder of pictures")
    parser.add_argument("--count", type=int, default=3, help="at most this many pictures")
    parser.add_argument("--steps", type=int, nargs="+", default=[25, DRAFT.defaults.steps])
    parser.add_argument("--cameras", nargs="+", choices=list(PLAIN_PROMPTS), default=[*MOVING[:8:2], "still"])
    parser.add_argument("--also", nargs="*", default=["teacache:0.15"], help="other ways, as above")
    parser.add_argument("--presets", nargs="*", choices=list(PRESETS), default=list(PRESETS)[1:])
    parser.add_argument("--draft", type=Path, default=Path(__file__).parent.parent / "framepack" / "draft")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    names = [*options.presets, *options.also]
    studio = Studio(options.draft, torch.device(options.device), {way_named(name, 8).arithmetic for name in names})
    paths = sorted(path for path in options.pictures.iterdir() if path.suffix in (".webp", ".png", ".jpg"))
    takes = [studio.rehearsal.begin(read_picture(path, path.name).image, SIZE) for path in paths[: options.count]]
    table = [row for steps in options.steps for row in rows(studio, takes, options.cameras, steps, names)]
    header = list(table[0])
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in table:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    print(json.dumps({"pictures": len(takes), "cameras": options.cameras, "table": table}))


if __name__ == "__main__":
    main()
