"""The links by which others look at a project: made, copied, ended; and what they noted."""

from __future__ import annotations

import datetime as dt
import functools
import html
import math
import os
from urllib.parse import urlsplit

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.guests.guest_page import page_address
from pages.guests.notes import notes_listed
from pages.look.language import t, tn
from pages.look.text import when_text
from pages.look.theme import told
from pages.session.database import session
from pages.session.faults import fault_message
from pages.session.keeping import allow, beside, refuse
from pages.session.state import do
from projects.database.tables import GuestLink, Project, now
from projects.guests.links import DAYS, MAX_NAME_CHARACTERS, NewLink, bring_link_back, end_link, links_of, make_link
from projects.guests.notes import count_notes
from projects.settings import is_shared

_NAME, _DAYS, _NOTES, _NEW = "guest-name", "guest-days", "guest-may-note", "guest-make"
# The word of the link that was made last, and of which project it is.
_MADE = "guest-made"


def guests_box(project: Project) -> None:
    """A button that opens the links of a project, and says how many notes wait."""
    with session() as opened:
        count = count_notes(session=opened, project_id=project.id)
    label = t("Show to others")
    if count:
        label = f"{label} · {tn('{n} note', '{n} notes', count)}"
    box = st.popover(label, icon=":material/group:", key=f"guests-{project.id}", on_change="rerun")
    if not box.open:
        return
    with box:
        st.html(f"<p>{html.escape(t('Whoever has a link sees the film, the shots and their texts, and no more.'))}</p>")
        if not is_shared(os.environ):
            told(t("This studio is not shared: links open on this computer only, until it is."), "warn")
        _new(project)
        _links(project)
        if count:
            st.html(f"<h4>{html.escape(t('Notes'))}</h4>")
            notes_listed(project.id)


def _new(project: Project) -> None:
    st.text_input(
        t("For whom"), key=_NAME, max_chars=MAX_NAME_CHARACTERS, placeholder=t("Such as: Whoever makes the music")
    )
    names = {7: t("7 days"), 30: t("30 days"), None: t("Until it is ended")}
    st.selectbox(t("How long"), DAYS, key=_DAYS, format_func=names.__getitem__)
    st.checkbox(t("They may write notes"), True, key=_NOTES)
    st.button(t("Make a link"), key=_NEW, type="primary", on_click=_make, args=(project.id,))
    beside(_NEW)
    made = st.session_state.get(_MADE)
    if made is not None and made[0] == project.id:
        parts = urlsplit(st.context.url or "")
        told(t("Copy it now: it is shown only here and only once."), "good")
        st.code(f"{parts.scheme}://{parts.netloc}{page_address(made[1])}", language=None, wrap_lines=True)


def _links(project: Project) -> None:
    with session() as opened:
        links = links_of(session=opened, project_id=project.id)
    for link in links:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            name, facts = html.escape(link.name or t("A link")), html.escape(_facts(link))
            st.html(f'<div class="fs-sentence"><b>{name}</b> <span class="fs-soft">{facts}</span></div>')
            st.button(
                t("End"),
                key=f"guest-end-{link.id}",
                on_click=do,
                args=(
                    functools.partial(_end, link.id),
                    Message("guest-link-ended"),
                    functools.partial(_bring_back, link.id),
                ),
                help=t("It leads nowhere from then on."),
            )


def _facts(link: GuestLink) -> str:
    moment = now()
    if link.ends_at is None:
        ends = t("until it is ended")
    else:
        days = math.ceil((link.ends_at - moment) / dt.timedelta(days=1))
        ends = tn("{n} day left", "{n} days left", days)
    used = t("not used yet") if link.used_at is None else t("used {when}").format(when=when_text(link.used_at, moment))
    may = t("with notes") if link.may_note else t("without notes")
    return " · ".join((may, ends, used))


def _make(project_id: str) -> None:
    state = st.session_state
    state.pop(_MADE, None)
    try:
        wanted = NewLink(str(state.get(_NAME) or ""), state.get(_DAYS), bool(state.get(_NOTES)))
        with session() as opened:
            _, word = make_link(session=opened, project_id=project_id, wanted=wanted)
            opened.commit()
    except Exception as error:
        refuse(_NEW, fault_message(error))
        return
    allow(_NEW)
    state[_MADE], state[_NAME] = (project_id, word), ""


def _end(link_id: str, opened: Session) -> None:
    end_link(session=opened, link_id=link_id)


def _bring_back(link_id: str, opened: Session) -> None:
    bring_link_back(session=opened, link_id=link_id)
