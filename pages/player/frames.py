"""One take, played or frame by frame; the frame that is shown is saved, or asked to be the picture of a shot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_frames = st.components.v2.component(
    "take_frames",
    html='<section class="frames"></section>',
    css="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("screen.css", "frames.css")),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("story.js", "frames.js")),
)


@dataclass(frozen=True)
class ShownTake:
    """A take: where it plays, where its frames are had (``?n=`` follows), and what a frame's file is called.

    ``count`` is how many frames it has, ``fps`` how many of them last a second, ``ratio`` its shape.
    """

    url: str
    frame_url: str
    file_name: str
    label: str
    count: int
    fps: int
    ratio: str


def take_frames(
    take: ShownTake,
    *,
    project_id: str,
    shot_id: str,
    words: Mapping[str, str],
    lang: str,
    api: str,
    key: str,
    on_picture: Callable[[int, str], None],
) -> None:
    """Draw the take. ``on_picture`` is called with the number of a frame (0 is first) and the shot that is to have it.

    All shots of the project are offered; unless another is chosen it is ``shot_id``.
    """

    def asked() -> None:
        told = st.session_state[key].get("picture")
        if isinstance(told, dict):
            on_picture(int(told["n"]), str(told["to"]))

    data = {
        "take": asdict(take),
        "project_id": project_id,
        "shot_id": shot_id,
        "words": dict(words),
        "lang": lang,
        "api": api,
    }
    _frames(key=key, data=data, on_picture_change=asked)
