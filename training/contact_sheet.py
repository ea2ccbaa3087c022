"""Draws the model card's contact sheet: for each of some pictures and prompts, three frames of the first section.

``python -m training.contact_sheet OUT.webp [--draft DIR]``; with ``--true COUNT`` it shows instead how each subject
truly moves, in so many clips like those of training but of held-out pictures.
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
from training.subject_figures import PLAIN_SUBJECTS
from training.subjects import draw_scenes, held_out_store

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
SUBJECT_ROWS = ("slide_left", "jump", "clouds_right", "water")
_HELD_OUT = Path(__file__).parent / "heldout"
FRAMES = (0, 18, 36)


def true_rows(count: int) -> list[np.ndarray]:
    """``count`` clips of every subject, as they are rendered for training."""
    pictures = [Image.open(path) for path in sorted(_HELD_OUT.glob("*.webp"))]
    scenes = draw_scenes(held_out_store(pictures, torch.device("cpu")), SIZE, count)
    return [np.concatenate([scene.frames[at] for at in FRAMES], 1) for scene in scenes]


def made_rows(draft: Path) -> list[np.ndarray]:
    """What ``draft`` makes of ``ROWS``."""
    defaults = CHECKPOINTS["draft"].defaults
    settings = SamplingSettings(defaults.steps, defaults.guidance, defaults.cfg, defaults.rescale)
    rehearsal = Rehearsal(draft, torch.device("cpu"))
    rows = []
    for number, (name, prompt) in enumerate(ROWS):
        take = rehearsal.begin(Image.open(_HELD_OUT / f"{name}.webp"), SIZE)
        frames = rehearsal.shown(rehearsal.extend(take, prompt, 1, number, settings))
        rows.append(np.concatenate([frames[at] for at in FRAMES], 1))
    pictures = [Image.open(path) for path in sorted(_HELD_OUT.glob("*.webp"))]
    for scene in draw_scenes(held_out_store(pictures, torch.device("cpu")), SIZE, 1, SUBJECT_ROWS):
        said = PLAIN_SUBJECTS[scene.subject].replace("{it}", f"the {scene.name[0]}")
        made = rehearsal.extend(rehearsal.begin(scene.picture, SIZE), said, 1, 0, settings)
        rows.append(np.concatenate([rehearsal.shown(made)[at] for at in FRAMES], 1))
        print(said)
    return rows


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--draft", type=Path, default=DRAFT)
    parser.add_argument("--true", type=int, default=0, metavar="COUNT", help="true clips of each subject instead")
    options = parser.parse_args()
    rows = true_rows(options.true) if options.true else made_rows(options.draft)
    Image.fromarray(np.concatenate(rows)).save(options.out, quality=35, method=6)


if __name__ == "__main__":
    main()
