"""The storyboard's verbs: what can be done to projects and shots. It knows nothing of pages, files or the generator.

Every verb takes the session and never commits: the caller owns the one commit. Deleting only marks; ``restore_project``
and ``restore_shot`` take it back. An edit of a prompt keeps its earlier wording.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from framepack.checkpoints import checkpoint_named, nearest_bucket
from framepack.errors import InvalidRequest
from framepack.request import MAX_PROMPT_CHARACTERS, MAX_SEED, check_seconds
from projects.errors import NotFound, StoryboardProblem
from projects.models import Media, Project, ProjectUpdate, Shot, ShotUpdate, Start, Take, Wording, now
from projects.ordering import moved, number_between, renumbered
from projects.sampling import settings_at

MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True)
class ProjectSummary:
    """A project as a list of projects shows it. ``picture`` is that of the first shot that has one (its media id)."""

    project: Project
    shots: int
    seconds: float
    picture: str | None


# --- projects ---------------------------------------------------------------------------------------------------------


def create_project(*, session: Session, name: str) -> Project:
    """A new, empty project."""
    project = Project(name=_checked_name(name))
    session.add(project)
    session.flush()
    return project


def rename_project(*, session: Session, project_id: str, name: str) -> Project:
    """Give a project another name."""
    return edit_project(session=session, project_id=project_id, changes=ProjectUpdate(name=name))


def edit_project(*, session: Session, project_id: str, changes: ProjectUpdate) -> Project:
    """Change what is given of a project. Another checkpoint has other sizes: the first shot's picture decides again."""
    project = get_project(session=session, project_id=project_id)
    given: dict[str, object] = changes.model_dump(exclude_unset=True)
    if "name" in given:
        given["name"] = _checked_name(changes.name)
    edited = Project(**{**project.model_dump(), **given})
    # A size that is not known yet cannot be wrong; the rest is checked at whatever size the checkpoint has.
    height, width = checkpoint_named(edited.checkpoint).buckets[0]
    settings_at(edited, height=height, width=width)
    if edited.checkpoint != project.checkpoint:
        given |= _size_from(_first_picture(session, project), edited.checkpoint)
    if any(getattr(project, field) != value for field, value in given.items()):
        project.sqlmodel_update(given)
        _touch(session, project)
    return project


def duplicate_project(*, session: Session, project_id: str, name: str | None = None) -> Project:
    """A copy with the same settings, shots, pictures and seeds.

    It has no takes of its own, but asks for the same sections: rendering it finds what the first one has rendered.
    """
    project, shots = project_with_shots(session=session, project_id=project_id)
    values = project.model_dump(exclude={"id", "name", "source", "created_at", "updated_at"})
    copy = Project(**values, name=_checked_name(name or f"{project.name} (copy)"[:MAX_NAME_CHARACTERS]))
    session.add(copy)
    session.flush()
    for shot in shots:
        session.add(_copy_of(shot, project_id=copy.id, number=shot.number, position=shot.position))
    session.flush()
    return copy


def delete_project(*, session: Session, project_id: str) -> None:
    """Put a project away; ``restore_project`` brings it back. Pictures, takes and sections stay."""
    project = get_project(session=session, project_id=project_id)
    project.deleted_at = now()
    session.flush()


def restore_project(*, session: Session, project_id: str) -> Project:
    """Bring a deleted project back."""
    project = session.get(Project, project_id)
    if project is None:
        raise NotFound("project", project_id)
    project.deleted_at = None
    session.flush()
    return project


def list_projects(*, session: Session) -> list[ProjectSummary]:
    """All projects that are not deleted, the one edited last first."""
    kept = select(Project).where(col(Project.deleted_at).is_(None))
    projects = session.exec(kept.order_by(col(Project.updated_at).desc(), col(Project.id))).all()
    shots: dict[str, list[Shot]] = {project.id: [] for project in projects}
    for shot in session.exec(_kept_shots()).all():
        if shot.project_id in shots:
            shots[shot.project_id].append(shot)
    return [
        ProjectSummary(
            project=project,
            shots=len(shots[project.id]),
            seconds=sum(shot.seconds for shot in shots[project.id]),
            picture=next((shot.media_id for shot in shots[project.id] if shot.media_id), None),
        )
        for project in projects
    ]


def get_project(*, session: Session, project_id: str) -> Project:
    """The project. Raises NotFound where there is none or it is deleted."""
    project = session.get(Project, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFound("project", project_id)
    return project


def project_with_shots(*, session: Session, project_id: str) -> tuple[Project, list[Shot]]:
    """The project and its shots in order. Raises NotFound."""
    return get_project(session=session, project_id=project_id), shots_of(session=session, project_id=project_id)


# --- shots ------------------------------------------------------------------------------------------------------------


def shots_of(*, session: Session, project_id: str) -> list[Shot]:
    """The shots of a project, in order, without the deleted ones."""
    return list(session.exec(_kept_shots().where(Shot.project_id == project_id)).all())


def get_shot(*, session: Session, shot_id: str) -> Shot:
    """The shot. Raises NotFound where there is none or it is deleted."""
    shot = session.get(Shot, shot_id)
    if shot is None or shot.deleted_at is not None:
        raise NotFound("shot", shot_id)
    return shot


def add_shot(
    *,
    session: Session,
    project_id: str,
    after: str | None = None,
    prompt: str = "",
    seconds: float = 4.0,
    start: Start = "cut",
    seed: int | None = None,
    media_id: str | None = None,
) -> Shot:
    """A new shot behind the shot ``after``, or at the end. Without a seed it gets a random one of 32 bits."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    place = len(shots)
    if after is not None:
        place = shots.index(_within(shots, after)) + 1
    seed = secrets.randbits(32) if seed is None else seed
    shot = Shot(project_id=project_id, number=0, position=0, prompt=prompt, seconds=seconds, start=start, seed=seed)
    _check(shot)
    _insert(session, shots, shot, place)
    if media_id is not None:
        attach_image(session=session, shot_id=shot.id, media_id=media_id)
    _touch(session, project)
    return shot


def edit_shot(*, session: Session, shot_id: str, changes: ShotUpdate) -> Shot:
    """Change what is given of a shot. A prompt that is replaced is kept among its ``wordings``."""
    shot = get_shot(session=session, shot_id=shot_id)
    given = changes.model_dump(exclude_unset=True)
    _check(Shot(**{**shot.model_dump(), **given}))
    changed = {field: value for field, value in given.items() if getattr(shot, field) != value}
    if not changed:
        return shot
    if "prompt" in changed and shot.prompt.strip():
        _keep_wording(session, shot)
    shot.sqlmodel_update(changed)
    _touch(session, shot)
    return shot


def move_shot(*, session: Session, shot_id: str, to_position: int) -> list[Shot]:
    """Move a shot to a place among the shots (0 is first); all shots in their new order. Numbers stay as they are."""
    shot = get_shot(session=session, shot_id=shot_id)
    shots = moved(shots_of(session=session, project_id=shot.project_id), shot, to_position)
    _put_in_order(shots)
    _touch(session, shot)
    return shots


def duplicate_shot(*, session: Session, shot_id: str) -> Shot:
    """A copy right behind a shot, with the same picture, prompt, duration, start and seed, and no takes."""
    shot = get_shot(session=session, shot_id=shot_id)
    shots = shots_of(session=session, project_id=shot.project_id)
    copy = _copy_of(shot, project_id=shot.project_id, number=0, position=0)
    _insert(session, shots, copy, shots.index(shot) + 1)
    _touch(session, copy)
    return copy


def delete_shot(*, session: Session, shot_id: str) -> None:
    """Take a shot out of its project; ``restore_shot`` puts it back. Its picture and takes stay."""
    shot = get_shot(session=session, shot_id=shot_id)
    shot.deleted_at = now()
    session.flush()
    _put_in_order(shots_of(session=session, project_id=shot.project_id))
    _touch(session, shot)


def restore_shot(*, session: Session, shot_id: str) -> Shot:
    """Put a deleted shot back where it was, as far as the others are still there."""
    shot = session.get(Shot, shot_id)
    if shot is None:
        raise NotFound("shot", shot_id)
    others = [other for other in shots_of(session=session, project_id=shot.project_id) if other.id != shot.id]
    shot.deleted_at = None
    _put_in_order(moved([*others, shot], shot, shot.position))
    _touch(session, shot)
    return shot


def renumber_shots(*, session: Session, project_id: str) -> list[Shot]:
    """Number the shots afresh in their present order: SH0010, SH0020, ..."""
    project, shots = project_with_shots(session=session, project_id=project_id)
    for shot, number in zip(shots, renumbered(len(shots)), strict=True):
        shot.number = number
    _touch(session, project)
    return shots


def attach_image(*, session: Session, shot_id: str, media_id: str) -> Shot:
    """Give a shot a picture. The project's only picture decides its size; every other one is cropped to that."""
    shot = get_shot(session=session, shot_id=shot_id)
    project = get_project(session=session, project_id=shot.project_id)
    media = session.get(Media, media_id)
    if media is None:
        raise NotFound("picture", media_id)
    if shot.media_id == media_id:
        return shot
    others = [other for other in shots_of(session=session, project_id=project.id) if other.id != shot.id]
    if project.height is None or not any(other.media_id for other in others):
        project.sqlmodel_update(_size_from(media, project.checkpoint))
    shot.media_id = media_id
    _touch(session, shot)
    return shot


def detach_image(*, session: Session, shot_id: str) -> Shot:
    """Take a shot's picture away from it; the picture itself stays."""
    shot = get_shot(session=session, shot_id=shot_id)
    if shot.media_id is not None:
        shot.media_id = None
        _touch(session, shot)
    return shot


def wordings(*, session: Session, shot_id: str) -> list[Wording]:
    """The earlier wordings of a shot's prompt, the latest first."""
    earlier = select(Wording).where(Wording.shot_id == shot_id)
    return list(session.exec(earlier.order_by(col(Wording.created_at).desc(), col(Wording.id))).all())


def choose_take(*, session: Session, shot_id: str, take_id: str) -> Shot:
    """Let a finished take be the one that the film shows."""
    shot = get_shot(session=session, shot_id=shot_id)
    take = session.get(Take, take_id)
    if take is None or take.shot_id != shot_id:
        raise NotFound("take", take_id)
    if take.status != "done":
        raise StoryboardProblem(f"Take {take.number} of {shot.label} is not finished and cannot be chosen.")
    if shot.chosen_take_id != take_id:
        shot.chosen_take_id = take_id
        _touch(session, shot)
    return shot


# --- what the verbs share ---------------------------------------------------------------------------------------------


def _kept_shots() -> SelectOfScalar[Shot]:
    kept = select(Shot).where(col(Shot.deleted_at).is_(None))
    return kept.order_by(col(Shot.position), col(Shot.number), col(Shot.id))


def _within(shots: list[Shot], shot_id: str) -> Shot:
    for shot in shots:
        if shot.id == shot_id:
            return shot
    raise NotFound("shot", shot_id)


def _first_picture(session: Session, project: Project) -> Media | None:
    for shot in shots_of(session=session, project_id=project.id):
        if shot.media_id is not None:
            return session.get(Media, shot.media_id)
    return None


def _size_from(media: Media | None, checkpoint: str) -> dict[str, int | None]:
    if media is None:
        return {"height": None, "width": None}
    height, width = nearest_bucket(media.height, media.width, checkpoint_named(checkpoint).buckets)
    return {"height": height, "width": width}


def _copy_of(shot: Shot, *, project_id: str, number: int, position: int) -> Shot:
    values = shot.model_dump(include={"prompt", "seconds", "start", "seed", "media_id"})
    return Shot(**values, project_id=project_id, number=number, position=position)


def _insert(session: Session, shots: list[Shot], shot: Shot, place: int) -> None:
    # Deleted shots count among the numbers taken: they may come back, and an old number must not name a new shot.
    taken = session.exec(select(Shot.number).where(Shot.project_id == shot.project_id)).all()
    before = shots[place - 1].number if place else None
    after = shots[place].number if place < len(shots) else None
    shot.number = number_between(before, after, set(taken))
    session.add(shot)
    _put_in_order([*shots[:place], shot, *shots[place:]])
    session.flush()


def _put_in_order(shots: list[Shot]) -> None:
    for position, shot in enumerate(shots):
        if shot.position != position:
            shot.position = position


def _keep_wording(session: Session, shot: Shot) -> None:
    same = select(Wording).where(Wording.shot_id == shot.id, Wording.prompt == shot.prompt)
    wording = session.exec(same).first() or Wording(shot_id=shot.id, prompt=shot.prompt)
    wording.created_at = now()
    session.add(wording)


def _touch(session: Session, edited: Project | Shot) -> None:
    edited.updated_at = now()
    if isinstance(edited, Shot):
        project = session.get(Project, edited.project_id)
        assert project is not None, "a shot's project is never removed"
        project.updated_at = edited.updated_at
    session.flush()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise StoryboardProblem("The project has no name; give it one.")
    if len(name) > MAX_NAME_CHARACTERS:
        raise StoryboardProblem(f"The project's name is longer than {MAX_NAME_CHARACTERS} characters.")
    return name


def _check(shot: Shot) -> None:
    # An empty prompt is allowed here, since a storyboard is written bit by bit; planning asks for one.
    check_seconds(shot.seconds)
    if len(shot.prompt) > MAX_PROMPT_CHARACTERS:
        raise InvalidRequest("prompt", f"it is longer than {MAX_PROMPT_CHARACTERS} characters")
    if not 0 <= shot.seed <= MAX_SEED:
        raise InvalidRequest("seed", f"{shot.seed} is not between 0 and {MAX_SEED}")
