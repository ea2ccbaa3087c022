"""Which take a shot shows in either pass. It never commits."""

from __future__ import annotations

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
_CAME_LATER: dict[str, Any] = {"beats": []}


def choose_take(*, session: Session, shot_id: str, take_id: str) -> Shot:
    """Let a finished take be the one that the film shows, in the pass it was made for.

    One that is what the shot asks for but for its seed gives its seed to the shot.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    hold(session=session, row=shot)
    take = session.get(Take, take_id)
    if take is None or take.shot_id != shot_id or take.deleted_at is not None:
        raise NotFound("take", take_id)
    if take.status != "done":
        raise StoryboardProblem(Message("take-unfinished", {"number": take.number, "shot": shot.label}))
    seed = take.request["seed"] if _differs_by_seed(take, shot) else shot.seed
    if chosen_id(shot, take.made_for) != take_id or shot.seed != seed:
        choose(shot, take_id, take.made_for)
        shot.seed = seed
        _touch(session, shot)
    return shot


def is_other(render: Render | None, shot_id: str, seed: int | None) -> bool:
    """Whether what a render makes of a shot with a seed is only one more take to choose from."""
    return render is not None and render.seeds is not None and seed in render.seeds.get(shot_id, ())


def choose(shot: Shot, take_id: str, made_for: Pass) -> None:
    """Let a shot show a take in a pass."""
    if made_for == "draft":
        shot.chosen_draft_id = take_id
    else:
        shot.chosen_real_id = take_id


def own_of(shot: Shot) -> dict[str, Any]:
    """What a shot says itself of how it is made."""
    return shot.model_dump(include=OWN)


def _differs_by_seed(take: Take, shot: Shot) -> bool:
    """Whether a take was made of what its shot says now, but perhaps for the seed and for how long it lasts."""
    apart = {"seed": None, "seconds": None}
    made: dict[str, Any] = take.request.get("own", {})
    return bool(made) and _CAME_LATER | made | apart == own_of(shot) | apart
