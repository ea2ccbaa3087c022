"""Two takes in step with a line between them, frame by frame or played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_compare = st.components.v2.component(
    "compare_takes",
    html='<section class="compare"></section>',
    css="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("screen.css", "compare.css")),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("story.js", "compare.js")),
)


@dataclass(frozen=True)
class ComparedTake:
    """One of the two: where it plays, and what it is called."""

    url: str
    label: str


def compare_takes(
    left: ComparedTake, right: ComparedTake, *, ratio: str, fps: int, words: Mapping[str, str], lang: str, key: str
) -> None:
    """Draw the comparison; the takes have ``fps`` frames a second, and are shown in a frame of ``ratio``."""
    data = {
        "left": asdict(left),
        "right": asdict(right),
        "ratio": ratio,
        "fps": fps,
        "words": dict(words),
        "lang": lang,
    }
    _compare(key=key, data=data)
