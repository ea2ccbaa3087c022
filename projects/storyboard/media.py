"""Which pictures and sounds a storyboard names: of shots, of their beats and sounds, and of the film's music."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from projects.database.tables import Edition, Stored

# The fields of shots and projects that name some.
NAMING = frozenset({"media_id", "beats", "sounds", "film"})


def media_of(row: Stored) -> frozenset[str]:
    """The ids of the pictures and sounds that the row of a shot, project or edition names."""
    if isinstance(row, Edition):
        found = {*media_in({"film": row.film})}
        return frozenset(found.union(*(media_in(said) for said in row.shots.values())))
    return frozenset(media_in(row.model_dump(include={*NAMING})))


def media_in(values: Mapping[str, Any]) -> Iterator[str]:
    """The ids that the fields of a row name, as they are stored; other fields may be among them."""
    named = [values, *(values.get("beats") or ()), *(values.get("sounds") or ())]
    yield from (str(one["media_id"]) for one in named if one.get("media_id"))
    music = (values.get("film") or {}).get("music")
    if music:
        yield str(music)
