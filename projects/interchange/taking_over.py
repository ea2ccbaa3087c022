"""Taking a recut over into the storyboard, as one edit that can be undone."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlmodel import Session

from framepack.errors import ImageRejected
from framepack.messages import Message
from projects.cutting.film_settings import film_settings
from projects.database.tables import Edition, Pass, ProjectUpdate, Shot, ShotUpdate, Take
from projects.errors import StoryboardProblem
from projects.films.editions import shots_in
from projects.films.sharing import share_take
from projects.films.timeline import Timeline
from projects.interchange.recut import Placed, RecutPlan, RecutSummary, order_after, plan_recut
from projects.interchange.recut_matching import Storyboard
from projects.settings import StudioSettings
from projects.storage.pictures import MAX_PICTURE_BYTES, add_picture
from projects.storyboard.choosing import choose_take
from projects.storyboard.journal import journaled
from projects.storyboard.projects import MAX_NAME_CHARACTERS, edit_project
from projects.storyboard.reading import chosen_id, project_with_shots
from projects.storyboard.several import delete_shots, duplicate_shots, order_shots
from projects.storyboard.shots import NewShot, add_shots, edit_shot
from projects.takes.staleness import frames_asked
from projects.takes.takes import takes_of_project
from projects.timelines.otio_file import MEDIA_FOLDER
from projects.timelines.pieces import Recut

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".ppm")
# How often a shot's length is put right: its frames go by those of its whole chain.
_TRIES = 3
Pictures = Mapping[str, Callable[[], bytes]]
NO_PICTURES: Pictures = {}


def pictures_beside(file: Path, recut: Recut) -> Pictures:
    """How to read the pictures that a recut names, by their names, as far as they lie in its bundle or beside it.

    Nothing else of this computer is looked at, whatever the recut names.
    """
    wanted = {piece.file for piece in recut.pieces if Path(piece.file).suffix.lower() in PICTURE_ENDINGS}
    found: dict[str, Callable[[], bytes]] = {}
    if file.suffix.lower() == ".otioz":
        with zipfile.ZipFile(file) as bundle:
            sizes = {entry.filename: entry.file_size for entry in bundle.infolist()}
        for name in sorted(wanted):
            if sizes.get(f"{MEDIA_FOLDER}/{name}", MAX_PICTURE_BYTES + 1) <= MAX_PICTURE_BYTES:
                found[name] = partial(_packed, file, f"{MEDIA_FOLDER}/{name}")
        return found
    for name in sorted(wanted):
        for path in (file.parent / name, file.parent / MEDIA_FOLDER / name):
            if path.is_file() and path.stat().st_size <= MAX_PICTURE_BYTES:
                found.setdefault(name, path.read_bytes)
    return found


def storyboard_of(
    *,
    session: Session,
    project_id: str,
    timeline: Timeline,
    made_for: Pass = "draft",
    edition: Edition | None = None,
) -> Storyboard:
    """A project, or an edition of it, with its finished takes, to be compared with a recut.

    ``timeline`` is that of its film now.
    """
    project, shots = project_with_shots(session=session, project_id=project_id)
    if edition is not None:
        own = [shot for shot, _ in shots_in(session=session, edition=edition)]
        shots = [Shot(**{**shot.model_dump(), "position": place}) for place, shot in enumerate(own)]
    takes = [take for take in takes_of_project(session=session, project_id=project_id) if take.status == "done"]
    return Storyboard(project, tuple(shots), tuple(takes), timeline, made_for)


def recut_changes(storyboard: Storyboard, recut: Recut, pictures: Collection[str] = ()) -> RecutSummary:
    """What taking a recut over into a storyboard would change; ``pictures`` are the names of files for new shots.

    Raises StoryboardProblem where the recut shows none of the project's shots.
    """
    return checked(plan_recut(storyboard, recut, pictures)).summary


def apply_recut(
    *,
    session: Session,
    settings: StudioSettings,
    project_id: str,
    timeline: Timeline,
    recut: Recut,
    pictures: Pictures = NO_PICTURES,
    made_for: Pass = "draft",
) -> RecutSummary:
    """Take a recut over into a project's storyboard, as one edit; ``timeline`` is that of its film until now.

    Clips of unknown media become shots of their own where ``pictures`` has their file. Raises StoryboardProblem where
    the recut shows none of the project's shots, and TakeLost for a shot shown twice whose take is gone.
    """
    storyboard = storyboard_of(session=session, project_id=project_id, timeline=timeline, made_for=made_for)
    plan = checked(plan_recut(storyboard, recut, pictures))
    with journaled(session=session, project_id=project_id, kind="recut"):
        made: dict[int, Shot] = {}
        left: list[str] = []
        for place, one in enumerate(plan.placed):
            shot = _still(session, settings, project_id, one, storyboard, pictures) if one.still else None
            if one.shot is not None:
                shot = _copy(session, settings, one, made_for) if one.again else _changed(session, one)
            if shot is not None:
                made[place] = shot
            elif one.still:
                left.append(one.piece.name)
        if plan.removed:
            gone = [shot.id for shot in plan.removed]
            delete_shots(session=session, project_id=project_id, shot_ids=gone)
        placed = [replace(one, shot=made.get(place)) for place, one in enumerate(plan.placed)]
        kept = [shot for shot in storyboard.shots if shot.deleted_at is None]
        order_shots(session=session, project_id=project_id, shot_ids=order_after(kept, placed))
        asked = lengthen(session, storyboard, placed)
        for one in placed:
            if one.shot is not None and one.shot.id in asked:
                cut_off = max(0, asked[one.shot.id] - one.needed) / storyboard.fps
                edit_shot(session=session, shot_id=one.shot.id, changes=ShotUpdate(trim_end=round(cut_off, 6)))
    stills = tuple(name for name in plan.summary.stills if name not in left)
    return replace(plan.summary, stills=stills, unknown=(*plan.summary.unknown, *left))


# --- the steps --------------------------------------------------------------------------------------------------------


def checked(plan: RecutPlan) -> RecutPlan:
    """``plan``, which shows something of its project. Raises StoryboardProblem."""
    if not any(one.shot for one in plan.placed):
        raise StoryboardProblem(Message("recut-of-another"))
    return plan


def _changed(session: Session, one: Placed) -> Shot:
    """The shot as the recut has it."""
    assert one.shot is not None
    changes = {name: value for name, value in one.fields.items() if value != getattr(one.shot, name)}
    if one.piece.notes and one.piece.notes.strip() != one.shot.notes.strip():
        changes["notes"] = one.piece.notes
    shot = edit_shot(session=session, shot_id=one.shot.id, changes=ShotUpdate(**changes)) if changes else one.shot
    if one.take_id is not None:
        choose_take(session=session, shot_id=shot.id, take_id=one.take_id)
    return shot


def _copy(session: Session, settings: StudioSettings, one: Placed, made_for: Pass) -> Shot:
    """A copy of a shot that is shown once more, with the same take."""
    assert one.shot is not None
    shown = one.take_id or chosen_id(one.shot, made_for)
    take = session.get(Take, shown) if shown else None
    (copy,) = duplicate_shots(session=session, project_id=one.shot.project_id, shot_ids=[one.shot.id])
    edit_shot(session=session, shot_id=copy.id, changes=ShotUpdate(**one.fields))
    if take is not None and take.status == "done":
        share_take(session=session, settings=settings, take=take, shot=copy)
    return copy


def _still(
    session: Session,
    settings: StudioSettings,
    project_id: str,
    one: Placed,
    storyboard: Storyboard,
    pictures: Pictures,
) -> Shot | None:
    """A shot made of somebody's own picture; None where that is none."""
    try:
        data = pictures[one.still]()
        media = add_picture(session=session, settings=settings, data=data, name=one.still).media
    except (ImageRejected, OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        return None
    rate = storyboard.timeline.rate
    seconds = round(float(one.piece.frames / rate), 6)
    new = NewShot(name=one.piece.name[:MAX_NAME_CHARACTERS], seconds=seconds, start="cut", media_id=media.id)
    (shot,) = add_shots(session=session, project_id=project_id, new=[new])
    if one.piece.lead.frames:
        lead = one.piece.lead
        changes = ShotUpdate(transition=lead.kind, transition_at=lead.at, transition_seconds=float(lead.frames / rate))
        edit_shot(session=session, shot_id=shot.id, changes=changes)
    if not film_settings(storyboard.project.film).stills:
        film = {**storyboard.project.film, "stills": True}
        edit_project(session=session, project_id=project_id, changes=ProjectUpdate(film=film))
    return shot


def lengthen(session: Session, storyboard: Storyboard, placed: Sequence[Placed]) -> dict[str, int]:
    """Ask for the frames that shots lack; returns by shot how many are asked for then.

    How many frames a shot has goes by the lengths of its whole chain, in steps of four.
    """
    longer = {one.shot.id: one for one in placed if one.lacking and one.shot is not None}
    asked: dict[str, int] = {}
    for _ in range(_TRIES if longer else 0):
        project, shots = project_with_shots(session=session, project_id=storyboard.project.id)
        counts = frames_asked(project, shots, storyboard.made_for)
        asked = {shot_id: counts[shot_id] for shot_id in longer}
        short = {shot.id: longer[shot.id].needed - asked[shot.id] for shot in shots if shot.id in longer}
        for shot in shots:
            if (missing := short.get(shot.id, 0)) > 0:
                changes = ShotUpdate(seconds=round(shot.seconds + missing / storyboard.fps, 6))
                edit_shot(session=session, shot_id=shot.id, changes=changes)
    return asked


def _packed(file: Path, name: str) -> bytes:
    with zipfile.ZipFile(file) as bundle, bundle.open(name) as packed:
        return packed.read(MAX_PICTURE_BYTES + 1)
