"""The life of a take: recorded when it is begun, finished, shown by its shot, thrown away. It renders nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import func
from sqlmodel import Session, col, select

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.media.joins import Join
from framepack.messages import Message
from framepack.shots.keys import PlannedShot
from framepack.shots.spans import seconds_of
from projects.cutting.film_settings import film_settings
from projects.database.opening import hold
from projects.database.tables import Pass, Project, Render, Shot, Take, TakeStatus, now
from projects.errors import NotFound, StoryboardProblem
from projects.messages import stored
from projects.names import storable
from projects.storyboard.choosing import choose, is_other
from projects.storyboard.reading import chosen_id
from projects.storyboard.shots import MAX_TEXT_CHARACTERS
from projects.takes.video_joins import stored_join

# Under this name a take's request says that its file shall not tell what made it.
UNTOLD = "untold"

# --- the life of a take -----------------------------------------------------------------------------------------------


def takes_of(*, session: Session, shot_id: str) -> list[Take]:
    """All takes of a shot that were not thrown away, the latest first."""
    own = select(Take).where(Take.shot_id == shot_id, col(Take.deleted_at).is_(None))
    return list(session.exec(own.order_by(col(Take.number).desc())).all())


def takes_of_shots(*, session: Session, shot_ids: Sequence[str]) -> list[Take]:
    """All takes of some shots that were not thrown away, the latest of each first."""
    own = select(Take).where(col(Take.shot_id).in_(shot_ids), col(Take.deleted_at).is_(None))
    return list(session.exec(own.order_by(col(Take.shot_id), col(Take.number).desc())).all())


def takes_of_project(*, session: Session, project_id: str) -> list[Take]:
    """All takes of a project's shots that were not thrown away, the latest of each first."""
    own = select(Take).join(Shot, col(Take.shot_id) == col(Shot.id)).where(Shot.project_id == project_id)
    kept = own.where(col(Take.deleted_at).is_(None))
    return list(session.exec(kept.order_by(col(Take.shot_id), col(Take.number).desc())).all())


def get_take(*, session: Session, take_id: str) -> Take:
    """The take. Raises NotFound."""
    take = session.get(Take, take_id)
    if take is None:
        raise NotFound("take", take_id)
    return take


def next_take_number(*, session: Session, shot_id: str) -> int:
    """The number a shot's next take gets, from 1."""
    last = session.exec(select(func.max(Take.number)).where(Take.shot_id == shot_id)).one()
    return (last or 0) + 1


def record_take(
    *,
    session: Session,
    shot_id: str,
    planned: PlannedShot,
    render_id: str | None = None,
    made_for: Pass = "draft",
    own: Mapping[str, object] | None = None,
    branch_of: int | None = None,
    loras: Sequence[Mapping[str, object]] = (),
) -> Take:
    """A take that is being rendered, with what it is made from; ``own`` is what its shot says itself (``own_of``).

    ``branch_of`` is the number of the take that it goes on from, where it does; ``loras`` are ``ChainShot.loras``.

    The take that the same render has begun for the same sections, before it was killed, goes on instead. Takes that
    were called off have nothing to show; the latest give their numbers to the new one.
    """
    keys: list[list[object]] = [[key, frames] for key, frames in planned.units]
    shot = session.get_one(Shot, shot_id)
    hold(session=session, row=shot)
    if render_id is not None:
        begun = select(Take).where(Take.shot_id == shot_id, Take.render_id == render_id, Take.status == "rendering")
        for take in session.exec(begun).all():
            if take.units == planned.units:
                return take
    settings = planned.request.settings
    for latest in session.exec(select(Take).where(Take.shot_id == shot_id).order_by(col(Take.number).desc())).all():
        if latest.status != "cancelled":
            break
        session.delete(latest)
        session.flush()
    take = Take(
        shot_id=shot_id,
        number=next_take_number(session=session, shot_id=shot_id),
        keys=keys,
        frames=planned.span.frames,
        width=settings.width,
        height=settings.height,
        fps=checkpoint_named(settings.checkpoint).fps,
        request={
            **asdict(planned.request),
            "start": "cut" if planned.start else "continue",
            **({} if own is None else {"own": dict(own)}),
            **({} if branch_of is None else {"branch_of": branch_of}),
            **({"loras": [dict(one) for one in loras]} if loras else {}),
            **({} if film_settings(session.get_one(Project, shot.project_id).film).story else {UNTOLD: True}),
        },
        made_for=made_for,
        render_id=render_id,
    )
    session.add(take)
    session.flush()
    return take


def begun_take(*, session: Session, shot_id: str, render_id: str) -> Take | None:
    """The take that a render has begun and not ended, of a shot."""
    begun = select(Take).where(Take.shot_id == shot_id, Take.render_id == render_id, Take.status == "rendering")
    return session.exec(begun).first()


def end_take_after(*, session: Session, take_id: str, units: int) -> Take:
    """A take that is being rendered is to have its first ``units`` only, and lasts as long as they do."""
    take = get_take(session=session, take_id=take_id)
    take.keys = take.keys[:units]
    take.frames = sum(frames for _, frames in take.units)
    seconds = seconds_of(take.frames, take.fps)
    own = take.request.get("own")
    take.request = {**take.request, "seconds": seconds, **({"own": {**own, "seconds": seconds}} if own else {})}
    session.flush()
    return take


def reopen_take(*, session: Session, take_id: str, render_id: str) -> Take:
    """A take that was done and whose file is gone is made again by a render: until then it is not done."""
    take = get_take(session=session, take_id=take_id)
    take.status, take.render_id, take.attempts, take.error = "rendering", render_id, 0, None
    session.flush()
    return take


def finish_take(*, session: Session, take_id: str, seconds_spent: float, join: Join | None = None) -> Take:
    """A take is done: from now on its shot shows it in its pass, unless it is only one more to choose from.

    ``join`` is what was measured where it goes on from a video.
    """
    take = _ended(session, take_id, "done")
    take.seconds_spent, take.error = seconds_spent, None
    take.video_join = stored_join(join) if join else None
    render = session.get(Render, take.render_id) if take.render_id else None
    other = is_other(render, take.shot_id) or "branch_of" in take.request
    show_take(session=session, take=take, made_for=take.made_for, is_other=other)
    return take


def show_take(*, session: Session, take: Take, made_for: Pass, is_other: bool) -> None:
    """Let a shot show a take that a render made or found; one that is only ``is_other`` where there is none so far."""
    shot = session.get_one(Shot, take.shot_id)
    if not is_other or chosen_id(shot, made_for) is None:
        choose(shot, take.id, made_for)
    session.flush()


def fail_take(*, session: Session, take_id: str, error: Message) -> Take:
    """A take could not be made; ``error`` says why."""
    take = _ended(session, take_id, "failed")
    take.error = stored(error)
    session.flush()
    return take


def cancel_take(*, session: Session, take_id: str) -> Take:
    """A take was given up before it was done."""
    take = _ended(session, take_id, "cancelled")
    session.flush()
    return take


def delete_take(*, session: Session, take_id: str) -> Take:
    """Throw a take away; ``restore_take`` takes it back. Its file and sections stay.

    Raises StoryboardProblem for the one that is chosen, and for one that is being made.
    """
    take = get_take(session=session, take_id=take_id)
    shot = session.get_one(Shot, take.shot_id)
    # Nobody shall choose it meanwhile.
    hold(session=session, row=shot)
    session.refresh(shot)
    if take.id in (shot.chosen_draft_id, shot.chosen_real_id):
        raise StoryboardProblem(Message("take-in-film", {"number": take.number, "shot": shot.label}))
    if take.status == "rendering":
        raise StoryboardProblem(Message("take-being-made", {"number": take.number, "shot": shot.label}))
    take.deleted_at = now()
    session.flush()
    return take


def restore_take(*, session: Session, take_id: str) -> Take:
    """Take a take back that was thrown away."""
    take = get_take(session=session, take_id=take_id)
    take.deleted_at = None
    session.flush()
    return take


def star_take(*, session: Session, take_id: str, star: bool) -> Take:
    """Mark a take as a good one, or take the mark away."""
    take = get_take(session=session, take_id=take_id)
    take.star = star
    session.flush()
    return take


def note_take(*, session: Session, take_id: str, note: str) -> Take:
    """Write something down about a take."""
    take = get_take(session=session, take_id=take_id)
    if len(note) > MAX_TEXT_CHARACTERS:
        raise InvalidRequest("note", Message("too-long", {"most": MAX_TEXT_CHARACTERS}))
    take.note = storable(note)
    session.flush()
    return take


def _ended(session: Session, take_id: str, status: TakeStatus) -> Take:
    take = get_take(session=session, take_id=take_id)
    take.status = status
    take.finished_at = now()
    return take
