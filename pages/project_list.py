"""The page of all projects: open, create, rename, duplicate and delete one."""

import html

import streamlit as st

from framepack.messages import Message
from pages.look.language import t
from pages.look.text import seconds_text, shots_text, when_text
from pages.look.theme import empty_state, masthead, picture, placeholder
from pages.parts.upkeep import upkeep
from pages.serving.files import picture_url
from pages.session.database import session
from pages.session.state import attempt, do, show_notices
from projects.database.tables import now
from projects.storyboard.projects import (
    create_project,
    delete_project,
    duplicate_project,
    rename_project,
    restore_project,
)
from projects.storyboard.reading import ProjectSummary, list_projects


def menu() -> dict[str, str]:
    """What a card's menu offers, by what is done then."""
    return {"rename": t("Rename"), "duplicate": t("Duplicate"), "delete": t("Delete")}


def create() -> None:
    """The callback of "Create": a project by the name in the box; the page goes on to its storyboard."""
    name = st.session_state["new-name"].strip() or t("Untitled")
    made: list[str] = []
    if attempt(lambda opened: made.append(create_project(session=opened, name=name).id)):
        st.session_state["new-name"] = ""
        st.session_state["go-to"] = made[0]


def chosen(summary: ProjectSummary) -> None:
    """The callback of a card's menu."""
    project = summary.project
    what = st.session_state[f"menu-{project.id}"]
    if what == "rename":
        st.session_state["renaming"] = project.id
    elif what == "duplicate":
        do(
            lambda opened: duplicate_project(session=opened, project_id=project.id),
            Message("project-duplicated", {"name": project.name}),
        )
    elif what == "delete":
        do(
            lambda opened: delete_project(session=opened, project_id=project.id),
            Message("project-deleted", {"name": project.name}),
            lambda opened: restore_project(session=opened, project_id=project.id),
        )


def rename(project_id: str) -> None:
    """The callback of the name box of a card."""
    name = st.session_state[f"name-{project_id}"].strip()
    st.session_state.pop("renaming", None)
    if name:
        do(lambda opened: rename_project(session=opened, project_id=project_id, name=name))


def card(summary: ProjectSummary) -> None:
    """One project: its first picture, its name and figures, and what can be done with it."""
    project = summary.project
    link = f"/storyboard?project={project.id}"
    labels = menu()
    with st.container(border=True, key=f"project-{project.id}", gap="small"):
        shown = (
            picture(picture_url(summary.picture), t("The first picture of {name}").format(name=project.name))
            if summary.picture
            else placeholder("▱", t("No picture yet"))
        )
        changed = when_text(project.updated_at, now())
        figures = f"{shots_text(summary.shots)} · {seconds_text(summary.seconds)} · {changed}"
        st.html(f'<a class="fs-plain" href="{link}" target="_self" tabindex="-1">{shown}</a>')
        if st.session_state.get("renaming") == project.id:
            st.text_input(
                t("New name"),
                project.name,
                key=f"name-{project.id}",
                max_chars=200,
                on_change=rename,
                args=(project.id,),
            )
        else:
            st.html(
                f'<div class="fs-name fs-clamp" title="{html.escape(project.name)}">{html.escape(project.name)}</div>'
            )
        st.html(f'<div class="fs-soft">{figures}</div>')
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.page_link(
                "storyboard.py",
                label=t("Open storyboard"),
                icon=":material/view_agenda:",
                query_params={"project": project.id},
            )
            with st.container(key=f"icons-{project.id}", width="content"):
                st.menu_button(
                    t("More"),
                    list(labels),
                    format_func=labels.__getitem__,
                    icon=":material/more_horiz:",
                    type="tertiary",
                    key=f"menu-{project.id}",
                    on_click=chosen,
                    args=(summary,),
                )


if going := st.session_state.pop("go-to", None):
    st.switch_page("storyboard.py", query_params={"project": going})

with session() as opened:
    summaries = list_projects(session=opened)

masthead(project_id=None, here="projects")
show_notices("projects")
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="head"):
    st.html(f'<h1 class="fs-title">{t("Projects")}</h1>', width="content")
    with st.container(horizontal=True, vertical_alignment="bottom", width="content", key="create"):
        st.text_input(
            t("Name of a new project"),
            key="new-name",
            max_chars=200,
            placeholder=t("Name of a new project"),
            label_visibility="collapsed",
            width=260,
        )
        st.button(t("Create"), type="primary", icon=":material/add:", on_click=create)

if not summaries:
    empty_state(
        t("No projects yet"),
        t(
            "A project is a storyboard: a row of shots, each with a picture, a sentence on what happens, and a length. "
            "Give it a name above and press Create."
        ),
    )
columns = st.columns(3, gap="medium")
for place, summary in enumerate(summaries):
    with columns[place % 3]:
        card(summary)
upkeep()
