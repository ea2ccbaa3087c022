"""What the frames of a unit look like, as the file beside them keeps it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from framepack.files.atomic import replacing
from framepack.media.quality import Moment

# Raised where other things are measured, or otherwise: what an earlier version measured is then measured anew.
VERSION = 1


def write_quality(path: Path, moments: Sequence[Moment]) -> None:
    """Write it to the file ``path``. What is lost at a power cut can be measured again."""
    rows = [_row(one) for one in moments]
    with replacing(path) as aside:
        aside.write_text(json.dumps({"version": VERSION, "moments": rows}), encoding="utf-8")


def read_quality(path: Path) -> tuple[Moment, ...] | None:
    """What the file ``path`` says; None where it is not there, of another version, or damaged."""
    try:
        kept = json.loads(path.read_bytes())
        if kept["version"] != VERSION:
            return None
        return tuple(_moment(*row) for row in kept["moments"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _row(one: Moment) -> list[float | None]:
    # What is not known is left out, as it was before there was such a figure.
    likeness = [] if one.likeness is None else [one.likeness]
    return [*one.colour, one.contrast, one.sharpness, one.motion, *likeness]


def _moment(
    red: float,
    green: float,
    blue: float,
    contrast: float,
    sharpness: float,
    motion: float | None,
    likeness: float | None = None,
) -> Moment:
    return Moment(
        colour=(float(red), float(green), float(blue)),
        contrast=float(contrast),
        sharpness=float(sharpness),
        motion=None if motion is None else float(motion),
        likeness=None if likeness is None else float(likeness),
    )
