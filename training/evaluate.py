"""Measures a draft checkpoint and prints a table and a JSON object.

``python -m training.evaluate --images FOLDER [--json OUT]``: any pictures will do; ``training/heldout`` are some that
training never saw. ``--quick`` answers within five minutes on two cores. ``--only`` takes some of the figures;
``--pictures``, ``--phrases``, ``--clips`` and ``--long`` bound the time: a section takes some six seconds there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from framepack.checkpoints.table import CHECKPOINTS
from framepack.media.pictures import fill_frame, read_picture
from framepack.sampling.sampler import SamplingSettings
from training import figures
from training.layout import size_of_weights
from training.pictures import CANVAS
from training.rehearsal import Rehearsal
from training.sprites import SIDE
from training.store import Store

DRAFT = Path(__file__).parent.parent / "framepack" / "draft"
SIZE = (144, 256)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
FIGURES = (
    "size",
    "scorer",
    "vae",
    "start",
    "detail",
    "seconds",
    "motion",
    "words",
    "nonsense",
    "speed",
    "drift",
    "seam",
    "teacache",
)

QUICK = ("size", "vae", "start", "detail", "motion")
QUICK_PICTURES, QUICK_CLIPS = 3, 6


class Report:
    """The figures so far, printed as they come."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, object]] = {}

    def add(self, name: str, value: float, bar: str, met: bool | None, **more: object) -> None:
        """One row; ``met`` is None where there is no bar."""
        self.rows[name] = {"value": round(value, 4), "bar": bar, "met": met, **more}
        print(f"| {name} | {value:.4g} | {bar} | {'' if met is None else 'yes' if met else 'NO'} |", flush=True)


class Evaluation:
    """The figures by name; each method adds its rows to the report."""

    def __init__(self, options: argparse.Namespace) -> None:
        paths = sorted(path for path in options.images.iterdir() if path.suffix.lower() in SUFFIXES)[: options.pictures]
        if not paths:
            raise SystemExit(f"{options.images} has no pictures")
        defaults = CHECKPOINTS["draft"].defaults
        self.settings = SamplingSettings(
            options.steps or defaults.steps, defaults.guidance, options.cfg or defaults.cfg, defaults.rescale
        )
        self.options, self.report = options, Report()
        self.pictures = [read_picture(path, path.name).image for path in paths]
        self.device = torch.device(options.device)
        self.rehearsal = Rehearsal(options.draft, self.device)
        self.takes = [self.rehearsal.begin(picture, SIZE) for picture in self.pictures]
        self.camera = figures.Camera(self.rehearsal, self.takes, SIZE, self.settings)

    def _store(self) -> Store:
        """The pictures as the clip renderer wants them, without figures of its own."""
        stacked = np.stack([np.asarray(fill_frame(p.convert("RGB"), CANVAS[1], CANVAS[0])) for p in self.pictures])
        pictures = torch.from_numpy(stacked.transpose(0, 3, 1, 2).copy())
        return Store(pictures.to(self.device), torch.zeros(1, 4, SIDE, SIDE, device=self.device))

    def size(self) -> None:
        """The weights' size."""
        megabytes = size_of_weights(self.options.draft) / 1e6
        self.report.add("weights, MB", megabytes, "<= 46", megabytes <= 46)

    def scorer(self) -> None:
        """The flow measurement on true clips."""
        self.report.add("true clips named rightly", figures.scorer_share(self._store(), SIZE), ">= 0.95", None)

    def vae(self) -> None:
        """Reconstruction."""
        values = figures.reconstruction(self.rehearsal, self._store(), SIZE, self.options.clips)
        worst = float(np.quantile(values, 0.1))
        self.report.add("reconstruction, dB, mean", float(values.mean()), ">= 32", bool(values.mean() >= 32))
        self.report.add("reconstruction, dB, worst tenth", worst, ">= 27", worst >= 27)

    def start(self) -> None:
        """The first frame."""
        values = figures.start_fidelity(self.rehearsal, self.takes, self.pictures, SIZE)
        self.report.add("first frame, dB, mean", float(np.mean(values)), ">= 29", bool(np.mean(values) >= 29))
        self.report.add("first frame, dB, lowest", min(values), ">= 24", min(values) >= 24)

    def detail(self) -> None:
        """Sharpness of the first frame and of frame 60 of a still shot, over the given picture's."""
        kept = figures.detail_kept(self.rehearsal, self.takes, self.pictures, SIZE, self.settings)
        bars = (("first frame", 0.7), ("frame 60 of a still shot", 0.6))
        for (name, bar), values in zip(bars, zip(*kept, strict=True), strict=True):
            mean = float(np.mean(values))
            listed = [round(value, 3) for value in values]
            self.report.add(f"sharpness of the {name}", mean, f">= {bar:g}", mean >= bar, all=listed)

    def _shots(self, name: str, bar: float, shots: list[figures.Shot]) -> None:
        wrong = [f"{shot.picture}: {shot.prompt} -> {shot.kind}" for shot in shots if not shot.right]
        share = sum(shot.right for shot in shots) / len(shots)
        self.report.add(name, share, f">= {bar:g}", share >= bar, of=len(shots), wrong=wrong)

    def motion(self) -> None:
        """Plain prompts."""
        self._shots("motion following", 0.95, list(self.camera.plain()))

    def words(self) -> None:
        """Prompts whose wording training never saw."""
        self._shots("held-out English and Chinese prompts", 0.85, list(self.camera.held_out(self.options.phrases)))

    def nonsense(self) -> None:
        """Words that mean nothing."""
        rows = list(self.camera.meaningless())
        listed = [f"{prompt}: {drift:.2f} px/s, {decibels:.1f} dB" for prompt, drift, decibels in rows]
        self.report.add("meaningless words, px a second, most", max(row[1] for row in rows), "", None, all=listed)
        self.report.add(
            "meaningless words, last frame against first, dB, lowest", min(row[2] for row in rows), "", None
        )

    def speed(self) -> None:
        """Fast against slow."""
        rows = list(self.camera.speeds(min(self.options.long, len(self.takes))))
        ratios = [fast / max(slow, 0.05) for _, slow, fast in rows]
        median = float(np.median(ratios))
        listed = [f"{camera}: {slow:.2f} {fast:.2f}" for camera, slow, fast in rows]
        self.report.add("fast against slow, median ratio", median, ">= 1.7", median >= 1.7, speeds=listed)

    def drift(self) -> None:
        """Ten sections of a still shot."""
        found = [figures.drift(self.rehearsal, take, self.settings) for take in self.takes[: self.options.long]]
        colour = max(colour for colour, _ in found)
        sharp = max((value for _, value in found), key=abs)
        self.report.add("drift of colour over 10 sections", colour, "< 0.05", colour < 0.05)
        self.report.add("drift of sharpness over 10 sections", sharp, "< 0.25 either way", abs(sharp) < 0.25)

    def seam(self) -> None:
        """Continue joins, with the same motion and with another."""
        pan, still = figures.PLAIN_PROMPTS["pan_left"], figures.PLAIN_PROMPTS["still"]
        prompts = ((pan, pan), (pan, figures.PLAIN_PROMPTS["zoom_in"]), (still, still))
        takes = self.takes[: self.options.long]
        values = [figures.seam(self.rehearsal, take, pair, self.settings) for take in takes for pair in prompts]
        self.report.add("continue join against other frames", max(values), "<= 1.3", max(values) <= 1.3, all=values)

    def teacache(self) -> None:
        """TeaCache at 0.15."""
        value = figures.teacache(self.rehearsal, self.takes[0], self.settings)
        self.report.add("TeaCache 0.15 against full, dB", value, "reported", None)

    def seconds(self) -> None:
        """Time for a shot of two sections."""
        value = figures.seconds_per_shot(self.rehearsal, self.takes[0], self.settings)
        self.report.add("seconds of two cores per 2 s shot", value, "<= 40", value <= 40)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--draft", type=Path, default=DRAFT, help="checkpoint folder")
    parser.add_argument("--only", nargs="+", choices=FIGURES, default=FIGURES)
    parser.add_argument("--pictures", type=int, default=6, help="at most this many pictures")
    parser.add_argument("--clips", type=int, default=16, help="clips for the reconstruction")
    parser.add_argument("--long", type=int, default=1, help="pictures for speed, drift and seam")
    parser.add_argument("--phrases", type=int, default=9, help="held-out prompts of each motion and language")
    parser.add_argument("--steps", type=int, help="instead of the draft's default")
    parser.add_argument("--cfg", type=float, help="instead of the draft's default")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="the figures that say most, on three pictures")
    options = parser.parse_args()
    if options.quick:
        options.only, options.pictures, options.clips = QUICK, QUICK_PICTURES, QUICK_CLIPS
    evaluation = Evaluation(options)
    print("| figure | value | bar | met |\n|---|---|---|---|")
    measures: dict[str, Callable[[], None]] = {name: getattr(evaluation, name) for name in FIGURES}
    for name in options.only:
        measures[name]()
    used = evaluation.settings
    settings = {"steps": used.steps, "guidance": used.guidance, "cfg": used.cfg}
    found = {"settings": settings, "pictures": len(evaluation.pictures), "figures": evaluation.report.rows}
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
