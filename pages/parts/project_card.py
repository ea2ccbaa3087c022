"""One project as a card: its picture, name, figures and state, the way to its storyboard, and what can be done with it.

All of the card leads to the storyboard; the link lies over it, below the menu.
"""

from __future__ import annotations

import html
import re

import streamlit as st

from framepack.messages import Message
from pages.board.project_state import ProjectState, state_words
from pages.look.language import t
from pages.look.text import seconds_text, shots_text, when_text
from pages.look.theme import chip, picture, placeholder
from pages.serving.files import picture_url, still_url
from pages.session.database import for_keeper
from pages.session.state import do, edit
from projects.database.tables import Project, now
from projects.storyboard.projects import (
    MAX_NAME_CHARACTERS,
    archive_project,
    delete_project,
    duplicate_project,
    rename_project,
    restore_project,
    unarchive_project,
)
from projects.storyboard.reading import ProjectSummary

_RENAMING = "renaming"
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")


def project_card(summary: ProjectSummary, state: ProjectState | None) -> None:
    """Draw the card; without a ``state`` it is not known yet how the project is doing."""
    project = summary.project
    with st.container(border=True, key=f"project-{project.id}", gap=None):
        renaming = st.session_state.get(_RENAMING) == project.id
        st.html(_card(summary, state, named=not renaming))
        st.page_link(
            "storyboard.py",
            label=t("Open storyboard: {name}").format(name=_MARKUP.sub(r"\\\1", project.name)),
            query_params={"project": project.id},
        )
        if renaming:
            st.text_input(
                t("New name"),
                project.name,
                key=f"name-{project.id}",
                max_chars=MAX_NAME_CHARACTERS,
                on_change=_rename,
                args=(project.id,),
            )
        labels = _menu(project)
        with st.container(key=f"icons-{project.id}", width="content"):
            st.menu_button(
                t("More for {name}").format(name=_MARKUP.sub(r"\\\1", project.name)),
                list(labels),
                format_func=labels.__getitem__,
                icon=":material/more_horiz:",
                type="tertiary",
                key=f"menu-{project.id}",
                on_click=_chosen,
                args=(project,),
            )


def _card(summary: ProjectSummary, state: ProjectState | None, *, named: bool) -> str:
    project = summary.project
    figures = [shots_text(summary.shots)] if summary.shots else []
    if summary.seconds:
        figures.append(seconds_text(summary.seconds))
    figures.append(when_text(project.updated_at, now()))
    chips = chip(*state_words(state)) if state else ""
    if project.archived_at is not None:
        chips += chip(t("Archived"))
    if project.owner is not None and for_keeper():
        chips += chip(project.owner, title=t("Whose project it is"))
    name = html.escape(project.name)
    title = f'<div class="fs-name fs-clamp" title="{name}"><bdi>{name}</bdi></div>' if named else ""
    figures_html = f'<div class="fs-soft">{html.escape(" · ".join(figures))}</div>'
    return (
        f'<div class="fs-card{" fs-away" if project.archived_at else ""}">{_shown(summary, state)}'
        f'<div class="fs-card-body">{title}{figures_html}<div class="fs-row">{chips}</div></div></div>'
    )


def _shown(summary: ProjectSummary, state: ProjectState | None) -> str:
    """A frame of what is rendered where there is one, else the first picture. To be heard there is the name below."""
    if state is not None and state.standing.take is not None:
        return picture(still_url(state.standing.take), "")
    if summary.picture is not None:
        return picture(picture_url(summary.picture), "")
    return placeholder("▱", t("No picture yet") if summary.shots else t("Empty"))


def _menu(project: Project) -> dict[str, str]:
    """What the menu offers, by what is done then."""
    away = ("archive", t("Archive")) if project.archived_at is None else ("unarchive", t("Take out of the archive"))
    return {
        "rename": t("Rename"),
        "duplicate": t("Duplicate"),
        **dict([away]),
        "delete": t("Delete"),
    }


def _chosen(project: Project) -> None:
    """The callback of the menu."""
    what = st.session_state[f"menu-{project.id}"]
    values = {"name": project.name}
    if what == "rename":
        st.session_state[_RENAMING] = project.id
    elif what == "duplicate":
        copy = t("{name} (copy)").format(name=project.name)[:MAX_NAME_CHARACTERS]
        do(
            lambda opened: duplicate_project(session=opened, project_id=project.id, name=copy),
            Message("project-duplicated", values),
        )
    elif what == "archive":
        do(
            lambda opened: archive_project(session=opened, project_id=project.id),
            Message("project-archived", values),
            lambda opened: unarchive_project(session=opened, project_id=project.id),
        )
    elif what == "unarchive":
        do(
            lambda opened: unarchive_project(session=opened, project_id=project.id),
            Message("project-unarchived", values),
            lambda opened: archive_project(session=opened, project_id=project.id),
        )
    elif what == "delete":
        do(
            lambda opened: delete_project(session=opened, project_id=project.id),
            Message("project-deleted", values),
            lambda opened: restore_project(session=opened, project_id=project.id),
        )


def _rename(project_id: str) -> None:
    """The callback of the box for a name."""
    name = st.session_state[f"name-{project_id}"].strip()
    st.session_state.pop(_RENAMING, None)
    if name:
        edit(
            project_id,
            "edit-project",
            lambda opened: rename_project(session=opened, project_id=project_id, name=name),
        )
