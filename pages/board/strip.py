"""The strip of small pictures at the top of a storyboard: drag one to move its shot, press it to go to its card.

It only says which shot goes where; the order itself is the domain's. Shots can be moved with plain buttons as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_strip = st.components.v2.component(
    "shot_strip",
    html='<ol class="strip" aria-label="The shots in order"></ol>',
    css=(_HERE / "strip.css").read_text(encoding="utf-8"),
    js=(_HERE / "strip.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Tile:
    """One shot in the strip. ``picture`` is an address or None; ``tone`` colours its dot; ``joined``: it continues."""

    id: str
    label: str
    picture: str | None
    length: str
    state: str
    tone: str
    joined: bool


def shot_strip(tiles: list[Tile], *, ratio: str, fit: str, key: str, on_move: Callable[[str, int], object]) -> None:
    """Draw the strip; ``on_move`` is called with a shot's id and its new place (0 is first) when one was dragged."""

    def moved() -> None:
        asked = st.session_state[key].get("moved")
        if asked:
            on_move(str(asked["id"]), int(asked["to"]))

    _strip(key=key, data={"tiles": [asdict(tile) for tile in tiles], "ratio": ratio, "fit": fit}, on_moved_change=moved)
