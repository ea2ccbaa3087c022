"""The cutting table: the film laid out in time, played from its takes as they are, trimmed and joined on the spot.

Keys: Space, K and L play; the arrows go by frame and by shot. What is changed is saved through the JSON interface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.serving.files import picture_url, sound_url, still_url, take_url
from pages.session.database import settings as studio_settings
from projects.database.tables import Media, Shot
from projects.films.timeline import CardSource, Clip, StillSource, TakeSource, Timeline
from projects.sound.beats import known_beats
from projects.sound.snapping import beats_in

_HERE = Path(__file__).parent
_SCRIPTS = (
    *("../look/leaving.js", "../player/story.js", "clips.js", "screen.js", "lanes.js", "sound.js", "strip.js"),
    *("lead.js", "table.js"),
)
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
    sounds: Mapping[str, Media],
    *,
    chosen: str | None,
    words: Mapping[str, str],
    lang: str,
    key: str,
    edition: str | None,
    on_changed: Callable[[], None],
    on_chosen: Callable[[], None],
) -> None:
    """Draw the table of ``film``. ``shots`` are those of its clips by id, and ``sounds`` its sounds.

    ``chosen`` is the id of the shot that is marked; ``on_changed`` is told of changes, which are made in the
    ``edition`` of that id or in the storyboard, and ``on_chosen`` of a shot that is chosen, which the state of ``key``
    has as ``chosen``.
    """
    data = {
        "film": {
            "rate": float(film.rate),
            "frames": film.frames,
            "clips": [_clip(clip, shots, sounds) for clip in film.clips],
            "music": _music(film, sounds),
        },
        "chosen": chosen,
        "ratio": f"{film.width} / {film.height}",
        "words": dict(words),
        "lang": lang,
        "api": "/api",
        "edition": edition,
    }
    _table(key=key, data=data, on_changed_change=on_changed, on_chosen_change=on_chosen)


def _clip(clip: Clip, shots: Mapping[str, Shot], sounds: Mapping[str, Media]) -> dict[str, Any]:
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
        "title": clip.title,
        "lower_third": clip.lower_third,
        "sounds": [
            {**_sound(sounds[one.media_id]), "at": one.at, "db": one.db, "sort": one.sort}
            for one in clip.sounds
            if one.media_id in sounds
        ],
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


def _music(film: Timeline, sounds: Mapping[str, Media]) -> dict[str, Any] | None:
    settings = film.settings
    media = sounds.get(settings.music or "")
    if media is None:
        return None
    beats = known_beats(studio_settings(), media) or ()
    return {
        **_sound(media),
        "at": settings.music_at,
        "start": settings.music_start,
        "db": settings.music_db,
        "fade": settings.music_fade,
        "loop": settings.music_loop,
        "duck": settings.duck,
        "beats": beats_in(film, beats, media.seconds or 0.0),
    }


def _sound(media: Media) -> dict[str, Any]:
    return {"id": media.id, "name": media.name, "url": sound_url(media.id), "seconds": media.seconds or 0.0}


def _thumb(clip: Clip) -> str | None:
    if isinstance(clip.source, TakeSource):
        return still_url(clip.source.take_id, 160)
    return picture_url(clip.source.media_id, 160) if isinstance(clip.source, StillSource) else None
