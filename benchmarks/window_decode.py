"""How far decoding in windows is from one decode of everything, for several left contexts and fades.

    python benchmarks/window_decode.py PICTURE... [--checkpoint draft]

Makes clips by moving over the pictures, encodes them with the checkpoint's VAE, and decodes the latents twice: in one
go and section by section as shots are decoded, both in the library's default tiles of time, in fp32. Errors are in
levels of 255 against the one decode. The last line on standard output is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from framepack.checkpoints.table import checkpoint_named
from framepack.context.history import History
from framepack.media.pictures import read_picture
from framepack.vae.decoding import FADE_FRAMES, LEFT_CONTEXT, decode_after, decode_start
from framepack.weights.loading import Place, load_vae

SECTIONS, WINDOW = 3, 9
HEIGHT, WIDTH = 144, 256
CONTEXTS = (0, 3, 6)
FADES = (0, 12, 24)


def clip(picture: Image.Image) -> NDArray[np.float32]:
    """A slow pan and zoom over ``picture``: (1 + 36 * sections, H, W, 3) from -1 to 1."""
    frames = 1 + 4 * WINDOW * SECTIONS
    made = []
    for number in range(frames):
        share = number / (frames - 1)
        width = picture.width * (0.6 - 0.1 * share)
        height = width * HEIGHT / WIDTH
        left, top = (picture.width - width) * share, (picture.height - height) * (0.3 + 0.4 * share)
        box = (left, max(0.0, top), left + width, min(picture.height, max(0.0, top) + height))
        made.append(np.asarray(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box=box)))
    return np.stack(made).astype(np.float32) / 127.5 - 1.0


@torch.no_grad()
def encode(vae: Any, frames: NDArray[np.float32]) -> Tensor:
    """The scaled latents (1, 16, T, h, w) of a clip; the first one is that of the first frame alone, as in a shot."""
    video = torch.from_numpy(frames).permute(3, 0, 1, 2)[None]
    latents: Tensor = vae.encode(video).latent_dist.mode() * vae.config.scaling_factor
    latents[:, :, :1] = vae.encode(video[:, :, :1]).latent_dist.mode() * vae.config.scaling_factor
    return latents


@torch.no_grad()
def decode_whole(vae: Any, latents: Tensor) -> NDArray[np.uint8]:
    """(F, H, W, 3) of one decode of everything."""
    sample = vae.decode(latents / vae.config.scaling_factor).sample[0].permute(1, 2, 3, 0)
    pixels: NDArray[np.uint8] = sample.clamp(-1, 1).add(1).mul(127.5).round().byte().numpy()
    return pixels


def decode_windows(vae: Any, latents: Tensor, context: int, fade: int) -> Iterator[NDArray[np.uint8]]:
    """The same, section by section, each from what is to its left."""
    last = decode_start(vae, latents[:, :, :1])
    yield last
    for shown in range(1, latents.shape[2], WINDOW):
        history = History(latents[:, :, :shown], 0, last if fade else None)
        new = latents[:, :, shown : shown + WINDOW]
        for last in decode_after(vae, history, new, left_context=context, fade_frames=fade):
            yield last


def errors(windows: NDArray[np.float64], whole: NDArray[np.float64]) -> dict[str, float]:
    """Mean absolute errors in levels of 255, and how much larger the step over a join is than in the one decode."""
    error = np.abs(windows - whole).mean(axis=(1, 2, 3))
    per_frame = error[1:].reshape(SECTIONS, 4 * WINDOW)[1:]
    joins = [1 + 4 * WINDOW * section for section in range(1, SECTIONS)]
    steps = [np.abs(windows[n] - windows[n - 1]).mean() - np.abs(whole[n] - whole[n - 1]).mean() for n in joins]
    return {
        "all": float(error.mean()),
        "first_4": float(per_frame[:, :4].mean()),
        "first_12": float(per_frame[:, :12].mean()),
        "middle": float(per_frame[:, 12:24].mean()),
        "last_12": float(per_frame[:, 24:].mean()),
        "extra_step_at_join": float(np.mean(steps)),
    }


def main() -> None:
    """Measure and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--checkpoint", default="draft")
    parser.add_argument("--models", type=Path)
    options = parser.parse_args()
    place = Place(checkpoint_named(options.checkpoint), options.models, torch.device("cpu"))
    vae = load_vae(place, torch.float32, torch.float32)
    rows: dict[tuple[int, int], list[dict[str, float]]] = {}
    own_error = []
    for path in options.pictures:
        frames = clip(read_picture(path, path.name).image)
        latents = encode(vae, frames)
        whole = decode_whole(vae, latents).astype(float)
        own_error.append(float(np.abs(whole - (frames + 1.0) * 127.5).mean()))
        plans = [(context, FADE_FRAMES) for context in CONTEXTS] + [(LEFT_CONTEXT, fade) for fade in FADES]
        for context, fade in plans:
            begun = time.process_time()
            windows = np.stack(list(decode_windows(vae, latents, context, fade))).astype(float)
            seconds = (time.process_time() - begun) / SECTIONS
            rows.setdefault((context, fade), []).append(errors(windows, whole) | {"cpu_seconds_a_section": seconds})
    table = [
        {"left_context": context, "fade_frames": fade}
        | {name: round(float(np.mean([one[name] for one in found])), 3) for name in found[0]}
        for (context, fade), found in rows.items()
    ]
    for row in table:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    print(json.dumps({"checkpoint": options.checkpoint, "whole_decode_error": own_error, "table": table}))


if __name__ == "__main__":
    main()
