"""The verbs of projects: make, change, copy, put away and bring back. Shots have verbs of their own.

Every verb takes the session and never commits: the caller owns the one commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named
from framepack.errors import InvalidRequest
from framepack.messages import Message
from framepack.shots.request import MAX_PROMPT_CHARACTERS, MAX_SEED
from framepack.shots.spans import check_seconds
from projects.cutting.film_settings import film_settings
from projects.database.tables import Media, Project, ProjectUpdate, now
from projects.errors import NotFound, StoryboardProblem
from projects.names import shown_name, storable
from projects.storyboard.loras import stored_loras
from projects.storyboard.project_settings import checkpoint_of, passes_of, settings_at
from projects.storyboard.reading import _touch, get_project, project_with_shots, shots_of
from projects.storyboard.shapes import aspect_of, size_fields
from projects.storyboard.shots import _copy_of
from projects.storyboard.videos import shot_video

MAX_NAME_CHARACTERS = 200
# The shape of new projects. Those of earlier versions, and of files that do not say it, leave it to a picture.
NEW_SHAPE = "wide"
_TEXTS = ("words_before", "words_after", "negative_prompt")


# --- projects ---------------------------------------------------------------------------------------------------------


def create_project(*, session: Session, name: str) -> Project:
    """A new, empty project."""
    project = Project(name=_checked_name(name), shape=NEW_SHAPE)
    project.sqlmodel_update(size_fields(NEW_SHAPE, aspect_of(NEW_SHAPE), project.checkpoint))
    session.add(project)
    session.flush()
    return project


def rename_project(*, session: Session, project_id: str, name: str) -> Project:
    """Give a project another name."""
    return edit_project(session=session, project_id=project_id, changes=ProjectUpdate(name=name))


def edit_project(*, session: Session, project_id: str, changes: ProjectUpdate) -> Project:
    """Change what is given of a project. Another checkpoint has other sizes; the aspect stays as it was decided."""
    project = get_project(session=session, project_id=project_id)
    given: dict[str, object] = changes.model_dump(exclude_unset=True)
    if "name" in given:
        given["name"] = _checked_name(changes.name)
    given |= {field: storable(getattr(changes, field)) for field in _TEXTS if field in given}
    if "loras" in given:
        given["loras"] = stored_loras(changes.loras)
    edited = Project(**{**project.model_dump(), **given})
    check_project(edited)
    aspect = aspect_of(edited.shape)
    if edited.shape != project.shape:
        given |= size_fields(edited.shape, aspect or _first_pictures_aspect(session, project), edited.checkpoint)
    elif edited.checkpoint != project.checkpoint:
        given |= size_fields(edited.shape, _aspect(project), edited.checkpoint)
    if any(getattr(project, field) != value for field, value in given.items()):
        project.sqlmodel_update(given)
        _touch(session, project)
    return project


def edit_film(*, session: Session, project_id: str, changes: Mapping[str, Any]) -> Project:
    """Change what is given of how a project's film is finished, fields of ``FilmSettings``. Raises InvalidRequest."""
    project = get_project(session=session, project_id=project_id)
    film = film_settings(project.film, changes).stored()
    return edit_project(session=session, project_id=project_id, changes=ProjectUpdate(film=film))


def duplicate_project(*, session: Session, project_id: str, name: str | None = None) -> Project:
    """A copy with the same settings, shots, pictures and seeds.

    It has no takes of its own, but asks for the same sections: rendering it finds what the first one has rendered.
    """
    project, shots = project_with_shots(session=session, project_id=project_id)
    apart = {"id", "name", "source", "version", "owner", "created_at", "updated_at", "archived_at"}
    values = project.model_dump(exclude=apart)
    copy = Project(**values, name=_checked_name(name or f"{project.name} (copy)"[:MAX_NAME_CHARACTERS]))
    session.add(copy)
    session.flush()
    for shot in shots:
        session.add(_copy_of(shot, project_id=copy.id, number=shot.number, position=shot.position))
    session.flush()
    return copy


def hand_project(*, session: Session, project_id: str, person: str) -> Project:
    """Have a project be that of the person of an e-mail address; "" is the keeper. The keeper's verb.

    Raises NotFound, and StoryboardProblem for what is no address.
    """
    project = get_project(session=session, project_id=project_id)
    address = person.strip().lower()
    if address and (address.count("@") != 1 or not address.isprintable() or " " in address):
        raise StoryboardProblem(Message("no-such-person", {"person": person}))
    project.owner = address or None
    session.flush()
    return project


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


def archive_project(*, session: Session, project_id: str) -> Project:
    """Put a project out of sight without deleting it; ``unarchive_project`` brings it back."""
    project = get_project(session=session, project_id=project_id)
    project.archived_at = project.archived_at or now()
    session.flush()
    return project


def unarchive_project(*, session: Session, project_id: str) -> Project:
    """Show an archived project among the others again."""
    project = get_project(session=session, project_id=project_id)
    project.archived_at = None
    session.flush()
    return project


def check_project(project: Project) -> None:
    """Raise InvalidRequest where a setting of a project cannot be."""
    # A size that is not known yet cannot be wrong; the rest is checked at whatever size the checkpoint has.
    for made_for in passes_of(project):
        height, width = checkpoint_named(checkpoint_of(project, made_for)).buckets[0]
        settings_at(project, height=height, width=width, made_for=made_for)
    check_seconds(project.default_seconds)
    film_settings(project.film)
    stored_loras(project.loras)
    for field in ("words_before", "words_after"):
        if len(getattr(project, field)) > MAX_PROMPT_CHARACTERS:
            raise InvalidRequest(field, Message("too-long", {"most": MAX_PROMPT_CHARACTERS}))
    if not 0 <= project.seed <= MAX_SEED:
        raise InvalidRequest("seed", Message("not-between", {"value": project.seed, "least": 0, "most": MAX_SEED}))


def _aspect(project: Project) -> tuple[int, int] | None:
    if project.aspect_height is None or project.aspect_width is None:
        return None
    return project.aspect_height, project.aspect_width


def _first_pictures_aspect(session: Session, project: Project) -> tuple[int, int] | None:
    for shot in shots_of(session=session, project_id=project.id):
        # The still of a video has its shape; a video's comes before the picture's, as what the shot goes on from.
        video = shot_video(shot)
        decides = video.still_id if video else shot.media_id
        if decides is not None:
            media = session.get_one(Media, decides)
            return media.height, media.width
    return None


def _checked_name(name: str) -> str:
    name = shown_name(name)
    if not name:
        raise StoryboardProblem(Message("project-unnamed"))
    if len(name) > MAX_NAME_CHARACTERS:
        raise StoryboardProblem(Message("project-name-too-long", {"most": MAX_NAME_CHARACTERS}))
    return name
