"""Which take a shot shows in either pass. It never commits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import hold
from projects.database.tables import FILM_FIELDS, Pass, Render, Shot, ShotBase, Take
from projects.errors import NotFound, StoryboardProblem
from projects.storyboard.reading import _touch, chosen_id, get_shot

# What a shot says itself of how it is made: with this it can be asked for again.
OWN = {*ShotBase.model_fields, "media_id"} - {"name", "dialogue", "notes"} - FILM_FIELDS

# What shots can say since takes are there that do not say it, and what it was then.
_CAME_LATER: dict[str, Any] = {"beats": [], "video": None, "loras": None, "end_media_id": None}
# What a take may have otherwise than its shot, and gives to it when it is chosen.
_SAID_BY_CHANCE = ("seed", "seconds")
_SAID_BY_BRANCHES = (*_SAID_BY_CHANCE, "beats")


def choose_take(*, session: Session, shot_id: str, take_id: str) -> Shot:
    """Let a finished take be the one that the film shows, in the pass it was made for.

    One that is what the shot asks for but for its seed gives its seed to the shot; where takes branch, one that is so
    but for beats and length too gives it all that, as long as nothing was typed into it since the take that it shows.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    hold(session=session, row=shot)
    take = session.get(Take, take_id)
    if take is None or take.shot_id != shot_id or take.deleted_at is not None:
        raise NotFound("take", take_id)
    if take.status != "done":
        raise StoryboardProblem(Message("take-unfinished", {"number": take.number, "shot": shot.label}))
    given: dict[str, Any] = {}
    shown = session.get(Take, chosen_id(shot, take.made_for) or "")
    if _differs_by(take, shot, _SAID_BY_CHANCE):
        given["seed"] = take.request["seed"]
    if _branches(take, shown) and _says(shot, "beats", shown) and _says(shot, "seconds", shown):
        given |= _given(take, shot)
    _show(session, shot, take, given)
    return shot


def choose_as_made(*, session: Session, shot_id: str, take_id: str) -> Shot:
    """As ``choose_take``, and the shot lasts as long as the take whatever it says; beats typed meanwhile stay."""
    shot = choose_take(session=session, shot_id=shot_id, take_id=take_id)
    take = session.get_one(Take, take_id)
    _show(session, shot, take, _given(take, shot))
    return shot


def is_other(render: Render | None, shot_id: str) -> bool:
    """Whether what a render makes of a shot is only one more take to choose from."""
    return render is not None and render.variants is not None and shot_id in render.variants


def choose(shot: Shot, take_id: str, made_for: Pass) -> None:
    """Let a shot show a take in a pass."""
    if made_for == "draft":
        shot.chosen_draft_id = take_id
    else:
        shot.chosen_real_id = take_id


def own_of(shot: Shot) -> dict[str, Any]:
    """What a shot says itself of how it is made."""
    return shot.model_dump(include=OWN)


def _differs_by(take: Take, shot: Shot, fields: Collection[str]) -> bool:
    """Whether a take was made of what its shot says now, but perhaps for some ``fields``."""
    apart = dict.fromkeys(fields)
    made: dict[str, Any] = take.request.get("own", {})
    return bool(made) and _CAME_LATER | made | apart == own_of(shot) | apart


def _branches(take: Take, shown: Take | None) -> bool:
    """Whether a take goes on from another one, or the one that is ``shown`` so far does."""
    return any(one is not None and one.request.get("branch_of") for one in (take, shown))


def _says(shot: Shot, field: str, shown: Take | None) -> bool:
    """Whether a shot says in a field only what the take was made from that it shows."""
    if shown is None:
        return field != "beats" or not shot.beats
    made: dict[str, Any] = _CAME_LATER | shown.request | shown.request.get("own", {})
    return bool(made[field] == getattr(shot, field))


def _given(take: Take, shot: Shot) -> dict[str, Any]:
    """Seed, beats and length as a take has them, where its shot says the same otherwise."""
    if not _differs_by(take, shot, _SAID_BY_BRANCHES):
        return {}
    return {field: take.request["own"].get(field, take.request[field]) for field in _SAID_BY_BRANCHES}


def _show(session: Session, shot: Shot, take: Take, given: dict[str, Any]) -> None:
    changed = {field: value for field, value in given.items() if getattr(shot, field) != value}
    if chosen_id(shot, take.made_for) != take.id or changed:
        choose(shot, take.id, take.made_for)
        shot.sqlmodel_update(changed)
        _touch(session, shot)
