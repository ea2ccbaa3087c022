"""What a video says of what made it, as JSON in its comment tag. It is read where takes' files are read; see there.

The studio's takes carry the same (``projects/stories``), and a file of either is opened by the studio as a shot.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from framepack.shots.keys import ALGORITHM, PlannedShot

KIND = "framepack-studio-story"
VERSION = 1


def story_of(shot: PlannedShot, *, fps: int) -> str:
    """What made a shot that opens its chain, as one line of JSON; the same shot has the same story."""
    assert shot.start is not None, "of what continues another it is not known what made all of it"
    told = {
        "start": "cut",
        "request": asdict(shot.request),
        "fps": fps,
        "frames": shot.span.frames,
        "units": shot.units,
        "first_frame": 0,
    }
    said = {"kind": KIND, "version": VERSION, "algorithm": ALGORITHM, "of": "take", "shots": [told]}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
