"""One take, played or frame by frame; the one that is shown is saved, made a picture, or where another take goes on."""

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
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("story.js", "branch.js", "frames.js")),
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


@dataclass(frozen=True)
class Latents:
    """Where another take can go on from a take: at its frame ``first`` (0 is its first) and every fourth after it.

    These are its ``latents``, of which ``window`` make a section.
    """

    first: int
    latents: int
    window: int


@dataclass(frozen=True)
class WayOn:
    """How to go on from ``at`` seconds, in ``count`` takes: with a ``prompt`` ("" leaves what is said there).

    ``same_seed``: the first of them keeps the seed there is.
    """

    at: float
    prompt: str
    same_seed: bool
    count: int


def take_frames(
    take: ShownTake,
    *,
    latents: Latents | None,
    project_id: str,
    shot_id: str,
    words: Mapping[str, str],
    lang: str,
    api: str,
    key: str,
    on_picture: Callable[[int, str], None],
    on_branch: Callable[[WayOn], None],
    on_length: Callable[[float], None],
) -> None:
    """Draw the take. ``on_picture`` is called with the number of a frame (0 is first) and the shot that is to have it.

    All shots of the project are offered; unless another is chosen it is ``shot_id``. ``on_branch`` is called with how
    another take is to go on, ``on_length`` with how many seconds one is to last; where ``latents`` says from where.
    """

    def asked() -> None:
        told = st.session_state[key].get("picture")
        if isinstance(told, dict):
            on_picture(int(told["n"]), str(told["to"]))

    def branched() -> None:
        told = st.session_state[key].get("branch")
        if isinstance(told, dict):
            count = min(8, max(1, int(told["count"])))
            on_branch(WayOn(float(told["at"]), str(told["prompt"]), told["seed"] == "same", count))

    def measured() -> None:
        told = st.session_state[key].get("length")
        if isinstance(told, dict):
            on_length(float(told["seconds"]))

    data = {
        "take": asdict(take),
        "branch": None if latents is None else asdict(latents),
        "project_id": project_id,
        "shot_id": shot_id,
        "words": dict(words),
        "lang": lang,
        "api": api,
    }
    _frames(key=key, data=data, on_picture_change=asked, on_branch_change=branched, on_length_change=measured)
