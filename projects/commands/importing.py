"""``python -m projects import``: shots, a recut or a whole project, from a file or folder of another kind."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from framepack.messages import Message
from projects.archive.opening import open_archive
from projects.archive.reading import is_archive
from projects.database.opening import database_session
from projects.database.tables import Project
from projects.errors import StoryboardProblem
from projects.films.material import film_of
from projects.interchange.file_projects import project_for_file
from projects.interchange.file_reading import read_storyboard
from projects.interchange.shot_lines import MOST_CHARACTERS, shots_from_text, text_of_file
from projects.interchange.taking_over import apply_recut, pictures_beside
from projects.messages import in_english
from projects.names import shown_name
from projects.scripts import fountain
from projects.scripts.fountain import shots_from_fountain
from projects.scripts.picture_folder import shots_from_folder
from projects.scripts.workbook import is_workbook, shots_from_workbook
from projects.settings import StudioSettings
from projects.stories.reading import story_of_path
from projects.stories.retelling import retell
from projects.storyboard.finding import project_named
from projects.storyboard.journal import journaled
from projects.storyboard.projects import MAX_NAME_CHARACTERS, create_project
from projects.storyboard.reading import get_project, shots_of
from projects.storyboard.shots import NewShot, add_shots
from projects.timelines.files import ENDINGS, read_recut

TEXTS = (".txt", ".csv", ".tsv", ".md", "")
# What may say what made it.
_OF_STORIES = (".mp4", ".mov", ".mkv", ".webm", ".json")
# Letters take up to four bytes.
_MOST_TEXT_BYTES = 4 * MOST_CHARACTERS


@dataclass(frozen=True)
class ImportOptions:
    """What the command was asked for: shots come into the project called ``into``, or into one of their own."""

    path: Path
    into: str | None = None


def import_path(settings: StudioSettings, options: ImportOptions) -> None:
    """Take it over, whole or not at all, and print one line of JSON about the project."""
    if not options.path.exists():
        raise StoryboardProblem(Message("import-missing", {"name": options.path.name or str(options.path)}))
    if not options.path.is_file() and not options.path.is_dir():
        # A pipe would never end, nor would what some devices say.
        raise StoryboardProblem(Message("import-not-plain", {"name": options.path.name}))
    with database_session(settings) as session:
        project, remarks = _taken_over(session, settings, options)
        session.commit()
        count = len(shots_of(session=session, project_id=project.id))
        summary = {"project": project.id, "title": project.name, "shots": count}
    for remark in remarks:
        print(in_english(remark), file=sys.stderr)
    print(json.dumps(summary, ensure_ascii=False))


def _taken_over(
    session: Session, settings: StudioSettings, options: ImportOptions
) -> tuple[Project, Sequence[Message]]:
    """The project that has it now, and what is to be said of it."""
    path = options.path
    if path.is_dir():
        found = shots_from_folder(session=session, settings=settings, folder=path)
        return _with_shots(session, options, found.shots), found.remarks
    if is_archive(path):
        _check_own(options)
        return open_archive(session=session, settings=settings, path=path), ()
    if is_workbook(path):
        return _with_shots(session, options, shots_from_workbook(path)), ()
    ending = path.suffix.lower()
    if ending in _OF_STORIES and (story := story_of_path(path, path.name)) is not None:
        _check_own(options)
        name = shown_name(story.name or path.stem)[:MAX_NAME_CHARACTERS]
        told = retell(session=session, settings=settings, story=story, file=path.name, name=name)
        return told.project, (*told.remarks, *(lacking.message for lacking in told.lacking))
    if ending == ".toml":
        _check_own(options)
        file = read_storyboard(path)
        return project_for_file(session=session, settings=settings, file=file), file.remarks
    if ending in ENDINGS.values():
        return _recut(session, settings, options)
    if ending in fountain.ENDINGS:
        return _with_shots(session, options, shots_from_fountain(_text(path))), ()
    if ending in TEXTS:
        return _with_shots(session, options, shots_from_text(_text(path))), ()
    raise StoryboardProblem(Message("import-unknown", {"name": path.name}))


def _recut(session: Session, settings: StudioSettings, options: ImportOptions) -> tuple[Project, Sequence[Message]]:
    """The project that a timeline of an editing program cuts otherwise, and what that changed."""
    if options.into is None:
        raise StoryboardProblem(Message("import-needs-project", {"name": options.path.name}))
    project = project_named(session=session, wanted=options.into)
    timeline = film_of(session=session, project_id=project.id)
    recut = read_recut(options.path, timeline.rate)
    summary = apply_recut(
        session=session,
        settings=settings,
        project_id=project.id,
        timeline=timeline,
        recut=recut,
        pictures=pictures_beside(options.path, recut),
    )
    return get_project(session=session, project_id=project.id), summary.sentences


def _check_own(options: ImportOptions) -> None:
    if options.into is not None:
        raise StoryboardProblem(Message("import-own-project", {"name": options.path.name}))


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_TEXT_BYTES:
        raise StoryboardProblem(Message("lines-too-long", {"most": MOST_CHARACTERS}))
    return text_of_file(path.read_bytes(), path.name)


def _with_shots(session: Session, options: ImportOptions, new: Sequence[NewShot]) -> Project:
    """The project with the shots at its end; a new one is called as what they come from."""
    if not new:
        raise StoryboardProblem(Message("script-empty"))
    if options.into is None:
        name = options.path.resolve().name if options.path.is_dir() else options.path.stem
        project = create_project(session=session, name=name[:MAX_NAME_CHARACTERS])
        add_shots(session=session, project_id=project.id, new=new)
        return project
    project = project_named(session=session, wanted=options.into)
    with journaled(session=session, project_id=project.id, kind="import"):
        add_shots(session=session, project_id=project.id, new=new)
    return get_project(session=session, project_id=project.id)
