"""Takes of the draft that go well and that go wrong, as figures: what the bounds of marks are set by.

    python -m benchmarks.quality_cases [--out tests/golden/quality.json] [NAME...]

Renders each case, measures it as a worker does, compares every section with its picture, and writes the figures. With
names, only those cases are made and put beside the others in the file. About 10 minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageFilter

from framepack.checkpoints.table import checkpoint_named
from framepack.engine.engine import Engine
from framepack.engine.render import prepare_shots, render_shot
from framepack.environment import EngineOptions
from framepack.media.pictures import picture_hash
from framepack.media.quality import Moment
from framepack.shots.keys import PlannedShot, plan_chain
from framepack.shots.request import Beat, ShotRequest, default_settings
from framepack.store.section_store import SectionStore
from projects.takes.quality import marks_of, placed

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "quality.json"
FPS = 30
SIZE = (256, 144)


@dataclass(frozen=True)
class Case:
    """One take: what happens from which picture; ``steps`` and ``guidance`` are where it may be made badly."""

    prompt: str
    sections: int
    picture: str = "hills"
    steps: int = 8
    guidance: float | None = None
    beats: tuple[Beat, ...] = ()
    seed: int = 1


CASES = {
    "a pan": Case("the camera pans right slowly", 4),
    "a long pan": Case("the camera pans left slowly", 10),
    "a zoom": Case("the camera zooms in slowly", 6, picture="evening"),
    "a still shot": Case("the camera holds still", 6),
    "a tilt at evening": Case("the camera tilts up slowly", 4, picture="evening"),
    "one step a section": Case("the camera pans right slowly", 14, steps=1),
    "too much guidance": Case("the camera pans right slowly", 10, steps=4, guidance=32.0),
    "fades to black": Case("fades to black", 3),
    "a black picture": Case("the camera holds still", 3, picture="black"),
    "stops": Case("the camera pans right quickly", 6, beats=(Beat(3.6, "the camera holds still"),)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=GOLDEN)
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    figures = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        pictures = _pictures(Path(folder))
        for name in asked.names or CASES:
            moments = _made(CASES[name], pictures, Path(folder) / "sections")
            figures[name] = [_row(at, one) for at, one in moments]
            marks = marks_of([one for _, one in moments], [at for at, _ in moments], FPS)
            print(name, [(mark.kind, round(mark.seconds, 2)) for mark in marks], flush=True)
            print("  likeness", [one.likeness for _, one in moments if one.likeness is not None], flush=True)
            lines = ",\n".join(f"{json.dumps(case)}: {_short(rows)}" for case, rows in sorted(figures.items()))
            asked.out.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return 0


def _row(at: int, one: Moment) -> list[float | None]:
    """The frame, red, green, blue, contrast, sharpness, motion, and the likeness where it is known; all rounded."""
    motion = None if one.motion is None else round(one.motion, 2)
    likeness = [] if one.likeness is None else [round(one.likeness, 3)]
    return [at, *map(round, one.colour), round(one.contrast, 1), round(one.sharpness, 2), motion, *likeness]


def _short(rows: list[list[float | None]]) -> str:
    return json.dumps(rows, separators=(",", ":"))


def _pictures(folder: Path) -> dict[str, Path]:
    found = {name: ROOT / "examples" / "kite" / f"{name}.webp" for name in ("hills", "evening")}
    Image.new("RGB", SIZE).save(folder / "black.png")
    # Only encoded, so that the encoder is there to compare what was made.
    Image.open(found["hills"]).filter(ImageFilter.BLUR).save(folder / "other.png")
    return {**found, "black": folder / "black.png", "other": folder / "other.png"}


def _made(case: Case, pictures: dict[str, Path], root: Path) -> tuple[tuple[int, Moment], ...]:
    checkpoint, store = checkpoint_named("draft"), SectionStore(root)
    by_hash = {picture_hash(path): path for path in pictures.values()}
    settings = default_settings(checkpoint, height=SIZE[1], width=SIZE[0])
    guidance = settings.guidance if case.guidance is None else case.guidance
    settings = replace(settings, steps=case.steps, guidance=guidance)

    def planned(picture: str, seconds: float) -> PlannedShot:
        image = picture_hash(pictures[picture])
        return plan_chain([ShotRequest(settings, "draft", case.prompt, case.seed, seconds, image, beats=case.beats)])[0]

    shot = planned(case.picture, 1.2 * case.sections)
    with Engine(checkpoint, EngineOptions(device="cpu")) as engine:
        for _ in render_shot(engine, [shot], 0, by_hash, store):
            pass
        prepare_shots(engine, [planned("other", 1.2)], by_hash, store)
    return placed([(store.measure(key), frames) for key, frames in shot.units])


if __name__ == "__main__":
    sys.exit(main())
