"""Which take a shot shows in either pass. It never commits."""

from __future__ import annotations

from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import hold
from projects.database.tables import Pass, Render, Shot, Take
from projects.errors import NotFound, StoryboardProblem
from projects.storyboard.reading import _touch, chosen_id, get_shot


def choose_take(*, session: Session, shot_id: str, take_id: str) -> Shot:
    """Let a finished take be the one that the film shows, in the pass it was made for.

    One that was made to choose from, with another seed, gives its seed to the shot.
    """
    shot = get_shot(session=session, shot_id=shot_id)
    hold(session=session, row=shot)
    take = session.get(Take, take_id)
    if take is None or take.shot_id != shot_id or take.deleted_at is not None:
        raise NotFound("take", take_id)
    if take.status != "done":
        raise StoryboardProblem(Message("take-unfinished", {"number": take.number, "shot": shot.label}))
    render = session.get(Render, take.render_id) if take.render_id else None
    made_with = take.request.get("seed")
    seed = made_with if made_with is not None and is_other(render, shot_id, made_with) else shot.seed
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
