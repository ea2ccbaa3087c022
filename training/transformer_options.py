"""Owns what the training of the transformer can be told on its command line; knows nothing of training."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from training.motions import SUBJECT_SHARE
from training.objective import EARLY


@dataclass(frozen=True)
class Options:
    """The command line."""

    data: Path
    vae: Path
    out: Path
    minutes: float
    weights: Path | None
    batch: int
    rate: float
    capacity: int
    small_until: float
    seed: int
    subjects: float
    first: float
    early: float
    focus: float
    meaning: float
    compiled: bool


def parse_options() -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Trains the transformer with its encoders.")
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures.zip and sprites.npz")
    parser.add_argument("--vae", type=Path, required=True, help="checkpoint folder with the trained vae/")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write into")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--weights", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--batch", type=int, default=56, help="sections a step on each GPU")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--capacity", type=int, default=6000, help="clips kept at each size on each GPU")
    parser.add_argument(
        "--small-until",
        type=float,
        default=0.42,
        metavar="SHARE",
        help="share of the time spent on small pictures first",
    )
    parser.add_argument("--seed", type=int, default=0)
    shares = {
        "subjects": (SUBJECT_SHARE, "share of the clips in which a subject moves"),
        "first": (0.4, "share of the sections that begin a shot"),
        "early": (0.3, f"share of the noise levels between {EARLY:g} and 1, where words decide what will move"),
    }
    for name, (share, what) in shares.items():
        parser.add_argument(f"--{name}", type=float, default=share, metavar="SHARE", help=what)
    parser.add_argument(
        "--focus", type=float, default=3.0, help="how much more errors count where a subject moves; 0 for no more"
    )
    parser.add_argument(
        "--meaning", type=float, default=0.05, help="what naming a prompt's motion counts beside making it; 0: nothing"
    )
    parser.add_argument(
        "--compiled", action="store_true", help="compile the transformer's blocks before the minutes begin"
    )
    return Options(**vars(parser.parse_args()))
