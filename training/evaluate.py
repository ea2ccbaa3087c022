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
from framepack.media.pictures import read_picture
from framepack.sampling.sampler import SamplingSettings
from training import figures, subject_figures
from training.layout import size_of_weights
from training.motions import SUBJECTS
from training.rehearsal import Rehearsal
from training.subject_figures import SubjectShot, SubjectShots
from training.subjects import draw_scenes, held_out_store

DRAFT = Path(__file__).parent.parent / "framepack" / "draft"
SIZE = (144, 256)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
FIGURES = (
    "size",
    "scorer",
    "vae",
    "start",
    "detail",
    "pan_detail",
    "seconds",
    "motion",
    "words",
    "nonsense",
    "speed",
    "drift",
    "seam",
    "teacache",
    "continuing",
    "subject_scorer",
    "subjects",
    "subject_words",
)

QUICK = ("size", "vae", "start", "detail", "motion", "subjects")
QUICK_SUBJECTS = ("slide_left", "jump", "spin", "clouds_right", "water", "smoke", "blink", "sway")
QUICK_PICTURES, QUICK_CLIPS, QUICK_PLAIN = 3, 6, 2


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

    def size(self) -> None:
        """The weights' size."""
        megabytes = size_of_weights(self.options.draft) / 1e6
        self.report.add("weights, MB", megabytes, "<= 46", megabytes <= 46)

    def scorer(self) -> None:
        """The flow measurement on true clips."""
        self.report.add(
            "true clips named rightly",
            figures.scorer_share(held_out_store(self.pictures, self.device), SIZE),
            ">= 0.95",
            None,
        )

    def vae(self) -> None:
        """Reconstruction."""
        values = figures.reconstruction(
            self.rehearsal, held_out_store(self.pictures, self.device), SIZE, self.options.clips
        )
        decoded, shown = values.T
        worst = float(np.quantile(decoded, 0.1))
        self.report.add("reconstruction, dB, mean", float(decoded.mean()), ">= 32", bool(decoded.mean() >= 32))
        self.report.add("reconstruction, dB, worst tenth", worst, ">= 27", worst >= 27)
        self.report.add("reconstruction as shown, dB, mean", float(shown.mean()), "reported", None)
        self.report.add("reconstruction as shown, dB, worst tenth", float(np.quantile(shown, 0.1)), "reported", None)

    def start(self) -> None:
        """The first frame."""
        shown, decoded = np.array(figures.start_fidelity(self.rehearsal, self.takes, self.pictures, SIZE)).T
        self.report.add("first frame, dB, mean", float(shown.mean()), ">= 29", bool(shown.mean() >= 29))
        self.report.add("first frame, dB, lowest", float(shown.min()), ">= 24", bool(shown.min() >= 24))
        self.report.add("first frame as its latent decodes, dB, mean", float(decoded.mean()), "reported", None)
        self.report.add("first frame as its latent decodes, dB, lowest", float(decoded.min()), "reported", None)

    def detail(self) -> None:
        """Sharpness of the first frame and of frame 60 of a still shot, over the given picture's."""
        kept = figures.detail_kept(self.rehearsal, self.takes, self.settings)
        still = "frame 60 of a still shot"
        for name, bar, values in zip(("first frame", still), (0.7, 0.6), kept.T, strict=False):
            self._sharpness(name, f">= {bar:g}", bool(values.mean() >= bar), values)
        self._sharpness(f"{still} as decoded", "reported", None, kept[:, 2])

    def pan_detail(self) -> None:
        """The same of frame 60 of a pan."""
        values = figures.detail_of_a_pan(self.rehearsal, self.takes, self.settings)
        self._sharpness("frame 60 of a pan", "reported", None, values)

    def _sharpness(self, name: str, bar: str, met: bool | None, values: np.ndarray) -> None:
        listed = [round(float(value), 3) for value in values]
        self.report.add(f"sharpness of the {name}", float(values.mean()), bar, met, all=listed)

    def _shots(self, name: str, bar: float, shots: list[figures.Shot]) -> None:
        wrong = [f"{shot.picture}: {shot.prompt} -> {shot.kind}" for shot in shots if not shot.right]
        share = sum(shot.right for shot in shots) / len(shots)
        self.report.add(name, share, f">= {bar:g}", share >= bar, of=len(shots), wrong=wrong)

    def motion(self) -> None:
        """Plain prompts."""
        self._shots("motion following", 0.95, list(self.camera.plain(self.options.plain)))

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
        colour = max(drift.colour for drift in found)
        self.report.add("drift of colour over 10 sections", colour, "< 0.05", colour < 0.05)
        for name, bar in (("sharpness", 0.25), ("brightness", 0.1), ("contrast", 0.15)):
            worst = max((getattr(drift, name) for drift in found), key=abs)
            self.report.add(f"drift of {name} over 10 sections", worst, f"< {bar:g} either way", abs(worst) < bar)

    def _both(self, name: str, pairs: tuple[tuple[str, str], ...], sections: int) -> None:
        found = [
            (pair, figures.turns_of_motion(self.rehearsal, take, pair, sections, self.settings))
            for take in self.takes[: self.options.long]
            for pair in pairs
        ]
        wrong = [f"{' then '.join(asked)} -> {' then '.join(got)}" for asked, got in found if asked != got]
        share = 1 - len(wrong) / len(found)
        self.report.add(name, share, ">= 0.85", share >= 0.85, of=len(found), wrong=wrong)

    def continuing(self) -> None:
        """Shots that go on from another with another motion, and beats of two sections inside a shot."""
        pairs = (("pan_left", "zoom_in"), ("tilt_up", "pan_right"), ("zoom_out", "still"), ("still", "turn_left"))
        self._both("continuing with another motion, both found", pairs, 1)
        self._both("beats inside a shot, both found", (("pan_right", "tilt_down"), ("zoom_in", "pan_left")), 2)

    def _subjects(self, count: int) -> SubjectShots:
        scenes = draw_scenes(held_out_store(self.pictures, self.device), SIZE, count)
        return SubjectShots(self.rehearsal, scenes, SIZE, self.settings)

    def subject_scorer(self) -> None:
        """The measure for subjects on true clips and on frozen ones."""
        scenes = draw_scenes(held_out_store(self.pictures, self.device), SIZE, self.options.scenes)
        right, still = subject_figures.true_share(scenes), subject_figures.still_share(scenes)
        self.report.add("true clips of subjects named rightly", right, ">= 0.9", right >= 0.9, of=len(scenes))
        self.report.add("frozen clips of subjects named still", still, ">= 0.95", still >= 0.95)

    def subjects(self) -> None:
        """Plain prompts for what moves in the picture."""
        shots = list(self._subjects(self.options.scenes).plain(self.options.subjects))
        self._subject_shots("subjects: asked motion found", shots)

    def subject_words(self) -> None:
        """The same in words training never saw."""
        for language, name in enumerate(("English", "Chinese")):
            shots = list(self._subjects(self.options.scenes).held_out(language, self.options.phrases))
            self._subject_shots(f"subjects: held-out wordings, {name}", shots)

    def _subject_shots(self, name: str, shots: list[SubjectShot]) -> None:
        wrong = [f"{shot.subject}: {shot.prompt} -> {shot.found}" for shot in shots if not shot.right]
        share = sum(shot.right for shot in shots) / len(shots)
        each = {
            subject: f"{sum(shot.right for shot in shots if shot.subject == subject)}"
            f"/{sum(shot.subject == subject for shot in shots)}"
            for subject in dict.fromkeys(shot.subject for shot in shots)
        }
        self.report.add(name, share, ">= 0.85", share >= 0.85, of=len(shots), each=each, wrong=wrong)

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
        self.report.add("seconds of two cores per 2 s shot", value, "<= 25", value <= 25)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--draft", type=Path, default=DRAFT, help="checkpoint folder")
    parser.add_argument("--only", nargs="+", choices=FIGURES, default=FIGURES)
    parser.add_argument("--pictures", type=int, default=6, help="at most this many pictures")
    parser.add_argument("--plain", type=int, default=6, help="pictures for the camera's plain prompts")
    parser.add_argument("--clips", type=int, default=16, help="clips for the reconstruction")
    parser.add_argument("--long", type=int, default=1, help="pictures for speed, drift and seam")
    parser.add_argument("--phrases", type=int, default=9, help="held-out prompts of each motion and language")
    parser.add_argument("--scenes", type=int, default=4, help="pictures that hold a subject, for each")
    parser.add_argument("--subjects", nargs="+", choices=SUBJECTS, default=SUBJECTS)
    parser.add_argument("--steps", type=int, help="instead of the draft's default")
    parser.add_argument("--cfg", type=float, help="instead of the draft's default")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="the figures that say most, on three pictures")
    options = parser.parse_args()
    if options.quick:
        options.only, options.pictures, options.clips = QUICK, QUICK_PICTURES, QUICK_CLIPS
        options.plain, options.scenes, options.subjects = QUICK_PLAIN, 1, QUICK_SUBJECTS
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
