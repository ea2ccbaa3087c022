"""The story played without rendering: every shot's chosen take, else its picture, else a card with its words.

Keys: J K L, Space, arrows by frame and by shot, Home, End, F for full screen, C for captions. The window hears
``studio:playing`` whenever another shot is played, or playing begins or ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

_HERE = Path(__file__).parent
_SCRIPTS = ("../look/leaving.js", "story.js", "reel.js", "timeline.js", "player.js")
_player = st.components.v2.component(
    "story_player",
    html='<section class="player"></section>',
    css="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("screen.css", "player.css")),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
)


@dataclass(frozen=True)
class PlayerShot:
    """One shot of the story. ``take`` and ``picture`` are addresses; ``seconds`` is how long it is shown.

    ``place`` is where a picture of another shape lies: thousandths of the free way across and down, and of its size.
    """

    id: str
    number: str
    name: str
    seconds: float
    take: str | None
    picture: str | None
    caption: str
    prompt: str
    place: tuple[int, int, int] = (500, 500, 1000)


def story_player(
    shots: Sequence[PlayerShot],
    *,
    ratio: str,
    fps: int,
    fit: Literal["cover", "contain"],
    start: str | None,
    words: Mapping[str, str],
    lang: str,
    key: str,
    on_shot: Callable[[str], object],
) -> None:
    """Draw the player. ``start`` is the shot to begin with, or to go to where it changes while nothing is played.

    ``on_shot`` is called with the id of the shot that is played, at most once a second.
    """

    def told() -> None:
        shot = st.session_state.get(key, {}).get("shot")
        if shot:
            on_shot(str(shot))

    data = {
        "shots": [asdict(shot) for shot in shots],
        "ratio": ratio,
        "fps": fps,
        "fit": fit,
        "start": start,
        "words": dict(words),
        "lang": lang,
    }
    _player(key=key, data=data, on_shot_change=told)
