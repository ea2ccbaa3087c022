"""Several takes next to each other, in step; one of them is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_beside = st.components.v2.component(
    "takes_side_by_side",
    html='<section class="beside"></section>',
    css="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("screen.css", "side_by_side.css")),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("story.js", "side_by_side.js")),
)


@dataclass(frozen=True)
class TakeBeside:
    """One of the takes: where it plays, what it is called, and whether it is in the film already."""

    id: str
    url: str
    label: str
    chosen: bool


def takes_side_by_side(
    takes: Sequence[TakeBeside],
    *,
    ratio: str,
    fps: int,
    words: Mapping[str, str],
    lang: str,
    key: str,
    on_choose: Callable[[str], None],
) -> None:
    """Draw the takes, which have ``fps`` frames a second; ``on_choose`` is called with the id of the one chosen."""

    def chosen() -> None:
        told = st.session_state[key].get("choose")
        if isinstance(told, str):
            on_choose(told)

    data = {"takes": [asdict(take) for take in takes], "ratio": ratio, "fps": fps, "words": dict(words), "lang": lang}
    _beside(key=key, data=data, on_choose_change=chosen)
