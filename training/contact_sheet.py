"""Draws the model card's contact sheet: for each of some pictures and prompts, five frames of the first section.

``python -m training.contact_sheet OUT.webp [--draft DIR]``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from framepack.checkpoints.table import CHECKPOINTS
from framepack.sampling.sampler import SamplingSettings
from training.evaluate import DRAFT, SIZE
from training.rehearsal import Rehearsal

ROWS = (
    ("01_beach", "the camera pans left"),
    ("02_mountains", "the camera tilts up"),
    ("04_houses", "the camera zooms in"),
    ("07_landscape", "rotate clockwise"),
    ("03_city", "snow falls"),
    ("06_ships", "the picture fades to black"),
    ("08_town", "day turns to night quickly"),
    ("05_colours", "fog rolls in"),
)
FRAMES = (0, 9, 18, 27, 36)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--draft", type=Path, default=DRAFT)
    options = parser.parse_args()
    defaults = CHECKPOINTS["draft"].defaults
    settings = SamplingSettings(defaults.steps, defaults.guidance, defaults.cfg, defaults.rescale)
    rehearsal = Rehearsal(options.draft, torch.device("cpu"))
    rows = []
    for number, (name, prompt) in enumerate(ROWS):
        take = rehearsal.begin(Image.open(Path(__file__).parent / "heldout" / f"{name}.webp"), SIZE)
        frames = rehearsal.frames(rehearsal.extend(take, prompt, 1, number, settings).latents)
        rows.append(np.concatenate([frames[at] for at in FRAMES], 1))
    Image.fromarray(np.concatenate(rows)).save(options.out, quality=80)


if __name__ == "__main__":
    main()
