"""The cutting table: the film laid out in time, played from its takes as they are, trimmed and joined on the spot.

Keys: Space, K and L play; the arrows go by frame and by shot. What is changed is saved through the JSON interface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.serving.files import picture_url, still_url, take_url
from projects.database.tables import Shot
from projects.films.timeline import CardSource, Clip, StillSource, TakeSource, Timeline

_HERE = Path(__file__).parent
_SCRIPTS = (*("../look/leaving.js", "../player/story.js", "clips.js", "screen.js", "strip.js", "lead.js", "table.js"),)
_STYLES = ("../player/screen.css", "table.css")
_table = st.components.v2.component(
    "cutting_table",
    html='<section class="table player"></section>',
    css="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _STYLES),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
)


def cutting_table(
    film: Timeline,
    shots: Mapping[str, Shot],
    *,
    words: Mapping[str, str],
    lang: str,
    key: str,
    edition: str | None,
    on_changed: Callable[[], None],
) -> None:
    """Draw the table of ``film``. ``shots`` are those of its clips by id; ``on_changed`` is told of changes.

    They are made in the ``edition`` of that id, or in the storyboard.
    """
    data = {
        "film": {
            "rate": float(film.rate),
            "frames": film.frames,
            "clips": [_clip(clip, shots) for clip in film.clips],
        },
        "ratio": f"{film.width} / {film.height}",
        "words": dict(words),
        "lang": lang,
        "api": "/api",
        "edition": edition,
    }
    _table(key=key, data=data, on_changed_change=on_changed)


def _clip(clip: Clip, shots: Mapping[str, Shot]) -> dict[str, Any]:
    shot = shots.get(clip.shot_id or "")
    source = clip.source
    rate = 1.0 if isinstance(source, CardSource) else float(source.rate)
    return {
        "shot_id": clip.shot_id,
        "label": clip.label,
        "name": clip.name,
        "start": clip.start,
        "frames": clip.frames,
        "first": clip.first,
        "count": clip.count,
        "fps": rate,
        "speed": clip.speed,
        "reverse": clip.reverse,
        "hold_first": clip.hold_first,
        "hold_last": clip.hold_last,
        "joined": clip.joined,
        "dialogue": clip.dialogue,
        "take": take_url(source.take_id) if isinstance(source, TakeSource) else None,
        "picture": picture_url(source.media_id, 960) if isinstance(source, StillSource) else None,
        "thumb": _thumb(clip),
        "words": source.words if isinstance(source, CardSource) else "",
        "trim_start": shot.trim_start if shot else 0.0,
        "trim_end": shot.trim_end if shot else 0.0,
        "asked": clip.first + clip.count + (round(shot.trim_end * rate) if shot else 0),
        "lead": {
            "kind": shot.transition if shot else "cut",
            "frames": clip.lead.frames,
            "at": clip.lead.at,
            "seconds": shot.transition_seconds if shot else 0.0,
        },
    }


def _thumb(clip: Clip) -> str | None:
    if isinstance(clip.source, TakeSource):
        return still_url(clip.source.take_id, 160)
    return picture_url(clip.source.media_id, 160) if isinstance(clip.source, StillSource) else None
