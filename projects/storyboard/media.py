"""Which media a storyboard names: pictures, videos and sounds of shots and their beats, and the film's music."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from projects.database.tables import Edition, Stored

# The fields of shots and projects that name some.
NAMING = frozenset({"media_id", "end_media_id", "video", "beats", "sounds", "film"})


def media_of(row: Stored) -> frozenset[str]:
    """The ids of the media that the row of a shot, project or edition names."""
    if isinstance(row, Edition):
        found = {*media_in({"film": row.film})}
        return frozenset(found.union(*(media_in(said) for said in row.shots.values())))
    return frozenset(media_in(row.model_dump(include={*NAMING})))


def media_in(values: Mapping[str, Any]) -> Iterator[str]:
    """The ids that the fields of a row name, as they are stored; other fields may be among them."""
    named = [values, *(values.get("beats") or ()), *(values.get("sounds") or ())]
    yield from (str(one["media_id"]) for one in named if one.get("media_id"))
    if values.get("end_media_id"):
        yield str(values["end_media_id"])
    video = values.get("video") or {}
    yield from (str(video[name]) for name in ("media_id", "still_id") if video.get(name))
    music = (values.get("film") or {}).get("music")
    if music:
        yield str(music)
