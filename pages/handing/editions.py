"""The editions of a project on the page of its film: which one is shown, making, naming and throwing away one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.look.language import t
from pages.session.state import edit, edited
from projects.database.tables import Edition
from projects.films.editions import (
    create_edition,
    delete_edition,
    editions_of,
    get_edition,
    rename_edition,
    restore_edition,
)
from projects.storyboard.projects import MAX_NAME_CHARACTERS

_ASKED = "edition"
_RENAMING = "renaming-edition"


def shown_edition(session: Session, project_id: str) -> Edition | None:
    """The edition that the address names; None for the project's own film."""
    asked = st.query_params.get(_ASKED)
    if not asked:
        return None
    found = next((one for one in editions_of(session=session, project_id=project_id) if one.id == asked), None)
    if found is None:
        st.query_params.pop(_ASKED, None)
    return found


def show(edition_id: str | None) -> None:
    """Show an edition, or the project's own film, from the run on that follows."""
    if edition_id is None:
        st.query_params.pop(_ASKED, None)
    else:
        st.query_params[_ASKED] = edition_id


def edition_bar(project_id: str, editions: Sequence[Edition], shown: Edition | None) -> None:
    """The box that chooses an edition, and the ways to make, name and throw away one."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="editions", gap="small"):
        if editions:
            _choice(project_id, editions, shown)
        with st.popover(t("New edition"), icon=":material/add:", key=f"new-edition-{project_id}"):
            _beginning(project_id, shown)
        if shown is not None:
            labels = {"rename": t("Rename"), "delete": t("Delete")}
            with st.container(key=f"icons-edition-{shown.id}", width="content"):
                st.menu_button(
                    t("More for this edition"),
                    list(labels),
                    format_func=labels.__getitem__,
                    icon=":material/more_horiz:",
                    type="tertiary",
                    key=f"menu-edition-{shown.id}",
                    on_click=_chosen,
                    args=(shown,),
                )
    if shown is not None and st.session_state.get(_RENAMING) == shown.id:
        key = f"name-edition-{shown.id}"
        st.text_input(
            t("New name"), shown.name, key=key, max_chars=MAX_NAME_CHARACTERS, on_change=_rename, args=(shown,)
        )


def _choice(project_id: str, editions: Sequence[Edition], shown: Edition | None) -> None:
    names = {"": t("The project's own film"), **{edition.id: edition.name for edition in editions}}
    key = f"edition-{project_id}"
    here = shown.id if shown else ""
    if st.session_state.get(key, here) != here:
        st.session_state[key] = here
    st.selectbox(
        t("Edition"),
        list(names),
        list(names).index(here),
        format_func=lambda id: names.get(id, ""),
        key=key,
        on_change=lambda: show(st.session_state[key] or None),
        help=t("Another cut of the same takes: another shape, shorter, in another language."),
        width=320,
    )


def _beginning(project_id: str, shown: Edition | None) -> None:
    """The box for the name of a new edition, which begins as what is shown."""
    key = f"new-edition-name-{project_id}"
    st.caption(
        t(
            "An edition is another cut of the same takes: another shape, shorter, in another language. "
            "It begins as a copy of what is shown now."
        )
    )
    with st.form(f"new-edition-form-{project_id}", border=False, clear_on_submit=True):
        st.text_input(
            t("Name of the edition"), key=key, max_chars=MAX_NAME_CHARACTERS, placeholder=t("For example: 9:16")
        )
        of = shown.id if shown else None
        st.form_submit_button(t("Create"), type="primary", on_click=_create, args=(project_id, of, key))


def _create(project_id: str, of: str | None, key: str) -> None:
    """The callback of the form."""
    name, made = st.session_state[key], list[Edition]()

    def create(opened: Session) -> None:
        copied = None if of is None else get_edition(session=opened, edition_id=of)
        made.append(create_edition(session=opened, project_id=project_id, name=name, of=copied))

    if edited(project_id, "add-edition", create, Message("edition-made", {"name": name.strip()})):
        show(made[0].id)


def _chosen(edition: Edition) -> None:
    """The callback of the menu."""
    if st.session_state[f"menu-edition-{edition.id}"] == "rename":
        st.session_state[_RENAMING] = edition.id
        return

    def delete(opened: Session) -> None:
        delete_edition(session=opened, edition_id=edition.id)

    def restore(opened: Session) -> None:
        restore_edition(session=opened, edition_id=edition.id)
        show(edition.id)

    done = Message("edition-deleted", {"name": edition.name})
    if edited(edition.project_id, "delete-edition", delete, done, restore):
        show(None)


def _rename(edition: Edition) -> None:
    """The callback of the box for a name."""
    name = st.session_state[f"name-edition-{edition.id}"].strip()
    st.session_state.pop(_RENAMING, None)
    if name:
        edit(
            edition.project_id,
            "edit-edition",
            lambda opened: rename_edition(session=opened, edition_id=edition.id, name=name),
        )
