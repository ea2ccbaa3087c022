"""Taking a recut over into an edition, beside the storyboard's own film, as one edit that can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from framepack.messages import Message
from projects.database.tables import FILM_FIELDS, Edition, Pass, Shot, ShotUpdate, now
from projects.films.cut import LEFT_OUT
from projects.films.editions import create_edition, cut_shot, editions_of, free_name
from projects.films.timeline import Timeline
from projects.interchange.recut import Placed, RecutPlan, RecutSummary, order_after, plan_recut
from projects.interchange.recut_matching import Storyboard
from projects.interchange.taking_over import checked, lengthen, storyboard_of
from projects.storyboard.journal import journaled
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import edit_shot
from projects.takes.staleness import frames_asked
from projects.timelines.pieces import Recut


def edition_changes(storyboard: Storyboard, recut: Recut) -> RecutSummary:
    """As ``recut_changes``, for an edition, which shares the takes and shows each shot once."""
    return _of_edition(checked(plan_recut(storyboard, recut)))


def recut_as_edition(
    *,
    session: Session,
    project_id: str,
    timeline: Timeline,
    recut: Recut,
    name: str = "",
    made_for: Pass = "draft",
    of: Edition | None = None,
) -> tuple[Edition, RecutSummary]:
    """A new edition of a project that is cut as a recut is of its film, or of that of the edition ``of``.

    ``timeline`` is that of this film.

    The storyboard's film stays as it is: a shot of which the edition shows more is asked for longer, and trimmed by as
    much there. An edition shows each shot once, so that those shown ``again`` are left out. Raises StoryboardProblem
    where the recut shows none of the project's shots.
    """
    named = free_name(session=session, project_id=project_id, name=name or recut.name)
    with journaled(session=session, project_id=project_id, kind="recut"):
        edition = create_edition(session=session, project_id=project_id, name=named, of=of)
        summary = _recut_edition(session, edition, timeline, recut, made_for)
    return edition, summary


def recut_edition(
    *, session: Session, edition: Edition, timeline: Timeline, recut: Recut, made_for: Pass = "draft"
) -> RecutSummary:
    """Take a recut over into an edition, as one edit; ``timeline`` is that of its film until now.

    Otherwise as ``recut_as_edition``.
    """
    with journaled(session=session, project_id=edition.project_id, kind="recut"):
        return _recut_edition(session, edition, timeline, recut, made_for)


# --- the steps --------------------------------------------------------------------------------------------------------


def _of_edition(plan: RecutPlan) -> RecutSummary:
    """The summary of a plan, as far as it is carried out in an edition."""
    summary = plan.summary
    remarks = [*summary.remarks]
    if summary.again:
        remarks.append(Message("recut-once", {"shots": ", ".join(summary.again)}))
    if summary.retaken:
        remarks.append(Message("recut-takes-shared", {"shots": ", ".join(summary.retaken)}))
    return replace(summary, again=(), retaken=(), rejoined=(), remarks=tuple(remarks))


def _recut_edition(
    session: Session, edition: Edition, timeline: Timeline, recut: Recut, made_for: Pass
) -> RecutSummary:
    storyboard = storyboard_of(
        session=session, project_id=edition.project_id, timeline=timeline, made_for=made_for, edition=edition
    )
    plan = checked(plan_recut(storyboard, recut))
    own = {shot.id: shot for shot in shots_of(session=session, project_id=edition.project_id)}
    shown = [one for one in plan.placed if one.shot is not None and not one.again]
    otherwise = {shot_id: dict(said) for shot_id, said in edition.shots.items()}
    for shot in plan.removed:
        otherwise[shot.id] = {**otherwise.get(shot.id, {}), LEFT_OUT: True}
    for one in shown:
        assert one.shot is not None
        otherwise.setdefault(one.shot.id, {}).pop(LEFT_OUT, None)
        otherwise[one.shot.id] |= {field: value for field, value in one.fields.items() if field in FILM_FIELDS}
    for shot_id, trim_end in _lengthened(session, edition, storyboard, shown, own).items():
        otherwise[shot_id]["trim_end"] = trim_end
    edition.shots = {
        shot_id: kept
        for shot_id, said in otherwise.items()
        if (kept := {name: value for name, value in said.items() if _is_own(own.get(shot_id), name, value)})
    }
    edition.order = order_after(storyboard.shots, shown)
    edition.version += 1
    edition.updated_at = now()
    session.flush()
    return _of_edition(plan)


def _lengthened(
    session: Session, edition: Edition, storyboard: Storyboard, shown: list[Placed], own: dict[str, Shot]
) -> dict[str, float]:
    """Ask for the frames that shots lack; returns by shot what an edition trims of their ends then.

    What only this edition shows of them, the storyboard's film and the other editions trim.
    """
    before = frames_asked(storyboard.project, [*own.values()], storyboard.made_for)
    asked = lengthen(session, storyboard, shown)
    needed = {one.shot.id: one.needed for one in shown if one.shot is not None}
    for shot_id, frames in asked.items():
        longer = (frames - before[shot_id]) / storyboard.fps
        for other in editions_of(session=session, project_id=edition.project_id):
            if other.id != edition.id and "trim_end" in other.shots.get(shot_id, {}):
                changes = ShotUpdate(trim_end=round(other.shots[shot_id]["trim_end"] + longer, 6))
                cut_shot(session=session, edition_id=other.id, shot_id=shot_id, changes=changes)
        changes = ShotUpdate(trim_end=round(own[shot_id].trim_end + longer, 6))
        edit_shot(session=session, shot_id=shot_id, changes=changes)
    return {id: round(max(0, frames - needed[id]) / storyboard.fps, 6) for id, frames in asked.items()}


def _is_own(shot: Shot | None, name: str, value: Any) -> bool:
    """Whether an edition says something of a shot that the storyboard does not."""
    return shot is None or name == LEFT_OUT or value != getattr(shot, name)
