"""The ways to begin a project: by a name, or from what there is already.

That is pictures, a text, a table, a workbook, a screenplay, or a whole project in an archive.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

import streamlit as st
from sqlmodel import Session

from framepack.checkpoints.table import checkpoint_named, nearest_bucket
from framepack.errors import FramepackError
from framepack.messages import Message
from pages.look.language import t
from pages.look.text import natural, said
from pages.look.theme import told
from pages.parts.from_story import File, begin_from_stories, stories_among
from pages.session.database import settings
from pages.session.emptied import box_for_files
from pages.session.state import Notice, carried_out, say
from projects.archive.opening import open_archive
from projects.archive.reading import is_archive
from projects.database.tables import Media, Project, ProjectUpdate
from projects.errors import StoryboardProblem, StudioError
from projects.interchange.shot_lines import STORYBOARD, shots_from_text, text_of_file
from projects.names import shown_name
from projects.scripts.fountain import ENDINGS as FOUNTAINS
from projects.scripts.fountain import shots_from_fountain
from projects.scripts.workbook import is_workbook, shots_from_workbook
from projects.storage.pictures import add_picture
from projects.storyboard.projects import MAX_NAME_CHARACTERS, create_project, edit_project
from projects.storyboard.shapes import shape_of_size
from projects.storyboard.shots import NewShot, add_shots
from projects.timelines.files import ENDINGS as TIMELINES

_NAME = "new-name"
_TEXT = "new-text"
_GO_TO = "go-to"
_PROBLEMS = "new-problems"
_ZIP = b"PK"
# An archive has takes and sections in it.
MOST_MEGABYTES = 512
# What programs write and no person: it is left to those who read pictures to say what it is.
_MARKUP = ("<", "%PDF", "{\\rtf")


@dataclass
class Found:
    """What dropped files hold: pictures and shots in order, whole projects, and what is to be said of them."""

    projects: list[Project] = field(default_factory=list)
    pictures: list[Media] = field(default_factory=list)
    shots: list[NewShot] = field(default_factory=list)
    problems: list[Message] = field(default_factory=list)
    remarks: list[Message] = field(default_factory=list)

    def together(self) -> list[NewShot]:
        """The shots: the first text goes with the first picture, and so on."""
        return [
            replace(shot or NewShot(), media_id=picture.id if picture else None)
            for shot, picture in zip_longest(self.shots, self.pictures)
        ]


def go_on() -> None:
    """Go to the storyboard of a project that was just begun. What was wrong on an earlier visit is past."""
    if st.session_state.get("page") != "projects":
        st.session_state.pop(_PROBLEMS, None)
    if going := st.session_state.pop(_GO_TO, None):
        st.session_state["page"] = "storyboard"  # what is to be said of its pictures is said there
        st.switch_page("storyboard.py", query_params={"project": going})


def by_name() -> None:
    """A box for the name of a new project; Enter and the button do the same."""
    with st.form("create", border=False, width="content"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            t("Name of a new project"),
            key=_NAME,
            max_chars=MAX_NAME_CHARACTERS,
            placeholder=t("Name of a new project"),
            label_visibility="collapsed",
            width=240,
        )
        st.form_submit_button(t("Create"), type="primary", icon=":material/add:", on_click=_create)


def from_files() -> None:
    """A box for pictures, texts and tables, and one for text; what is wrong with them is said beside them."""
    box_for_files(
        "new-files",
        t(
            "Pictures, each a shot, in the order of their names; or a text, a table (CSV, XLSX) or a screenplay "
            "(Fountain); or a video that the studio made, or its JSON, to have back what made it"
        ),
        _begin_from_files,
        about=t("A project's archive (ZIP) is opened as it was, with its takes."),
        megabytes=MOST_MEGABYTES,
    )
    st.text_area(
        t("Or text: one line per shot, or a table whose first line names its columns"),
        key=_TEXT,
        height=120,
        placeholder=t("Waves roll in at dawn. (4 s)\nA boat comes home.\nNight falls."),
    )
    st.button(t("Begin with this text"), key="new-from-text", icon=":material/notes:", on_click=_begin_from_text)
    for problem in st.session_state.get(_PROBLEMS, ()):
        told(said(problem), "bad")


def _create() -> None:
    _begin(st.session_state[_NAME], Found())


def _begin_from_text() -> None:
    """The callback below the box for text: what cannot be read stays in it."""
    found = Found()
    try:
        found.shots += shots_from_text(str(st.session_state.get(_TEXT, "")))
        if not found.shots:
            found.problems.append(Message("new-text-empty"))
    except StoryboardProblem as problem:
        found.problems.append(problem.message)
    if found.shots and _begin(st.session_state.get(_NAME, ""), found):
        st.session_state[_TEXT] = ""
    st.session_state[_PROBLEMS] = found.problems


def _begin_from_files(uploaded: Sequence[File]) -> None:
    """The callback of the box for files: a project of what can be read of them."""
    dropped = stories_among(sorted(uploaded, key=lambda file: natural(file.name)))
    begun = begin_from_stories(dropped.stories) if dropped.stories else None
    if begun is not None:
        st.session_state[_GO_TO] = begun
    files = dropped.others
    found = Found(problems=dropped.problems)
    carried_out(lambda opened: found_in(opened, files, found))
    if found.projects:
        _open(found)
    elif found.shots or found.pictures:
        name = st.session_state.get(_NAME, "") or (files[0].name.rpartition(".")[0] if len(files) == 1 else "")
        if _begin(name, found):
            for problem in found.problems:
                say(Notice(problem, "bad"))
            found.problems.clear()
    st.session_state[_PROBLEMS] = found.problems


def found_in(session: Session, files: Sequence[File], found: Found) -> None:
    """Read ``files`` into ``found``, by what is in them and not by their names; pictures are kept at once."""
    for file in files:
        data = file.getvalue()
        try:
            if data.startswith(_ZIP) and _packed(session, data, file.name, found):
                continue
            text = _text_in(data, file.name)
            if text is None:
                added = add_picture(session=session, settings=settings(), data=data, name=file.name)
                found.pictures.append(added.media)
                found.remarks += [remark for remark in added.remarks if remark not in found.remarks]
            elif STORYBOARD in text:
                found.problems.append(Message("new-storyboard-file", {"name": file.name}))
            elif file.name.lower().endswith(tuple(TIMELINES.values())):
                found.problems.append(Message("new-timeline-file", {"name": file.name}))
            elif shots := _shots_in(text, file.name):
                found.shots += shots
            else:
                found.problems.append(Message("new-file-empty", {"name": file.name}))
        except (StudioError, FramepackError) as problem:
            found.problems.append(problem.message)


def _packed(session: Session, data: bytes, name: str, found: Found) -> bool:
    """Take a project's archive or a workbook of shots into ``found``; False where it is neither."""
    with tempfile.TemporaryDirectory(prefix="dropped-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "dropped.zip"
        path.write_bytes(data)
        if is_archive(path):
            found.projects.append(open_archive(session=session, settings=settings(), path=path))
        elif is_workbook(path):
            shots = shots_from_workbook(path)
            found.shots += shots
            if not shots:
                found.problems.append(Message("new-file-empty", {"name": name}))
        else:
            return False
    return True


def _shots_in(text: str, name: str) -> Sequence[NewShot]:
    return shots_from_fountain(text) if name.lower().endswith(FOUNTAINS) else shots_from_text(text)


def _open(found: Found) -> None:
    """Go to the project that an archive held; what else was dropped with it is not taken."""
    st.session_state["notices"] = []
    for project in found.projects:
        say(Notice(Message("project-opened", {"name": project.name}), "good"))
    for problem in found.problems:
        say(Notice(problem, "bad"))
    found.problems.clear()
    st.session_state[_GO_TO] = found.projects[0].id


def _text_in(data: bytes, name: str) -> str | None:
    """The text in a file; None where there is none that a person wrote."""
    try:
        text = text_of_file(data, name)
    except StoryboardProblem:
        # Names are only asked where what is in it says nothing: a table in an old encoding is no broken picture.
        if name.lower().endswith((".csv", ".tsv", ".txt")):
            raise
        return None
    return None if "\0" in text or text.lstrip().startswith(_MARKUP) else text


def _begin(name: str, found: Found) -> bool:
    """Make the project; the page goes on to its storyboard. What goes wrong is said."""
    made: list[Project] = []
    st.session_state["notices"] = []
    st.session_state.pop(_PROBLEMS, None)
    if not carried_out(lambda opened: made.append(begin(opened, shown_name(name) or t("Untitled"), found))):
        return False
    for remark in found.remarks:
        say(Notice(remark, "quiet"))
    st.session_state[_NAME] = ""
    st.session_state[_GO_TO] = made[0].id
    return True


def begin(session: Session, name: str, found: Found) -> Project:
    """A project of what was found, in the shape of its first picture."""
    project = create_project(session=session, name=name[:MAX_NAME_CHARACTERS])
    if found.pictures:
        first = found.pictures[0]
        size = nearest_bucket(first.height, first.width, checkpoint_named(project.checkpoint).buckets)
        changes = ProjectUpdate(shape=shape_of_size(*size))
        edit_project(session=session, project_id=project.id, changes=changes)
    add_shots(session=session, project_id=project.id, new=found.together())
    return project
