"""A recut from an editing program on the page of the film: what it would change, and taking it over."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Protocol

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.handing.editions import show
from pages.look.language import t
from pages.look.text import said
from pages.look.theme import Tone, told
from pages.session.database import session, settings
from pages.session.faults import fault_message
from pages.session.state import Notice, attempt, say
from pages.session.undoing import last_edit, take_back
from projects.database.tables import Edition, Pass
from projects.films.editions import get_edition
from projects.films.material import film_of
from projects.films.timeline import Timeline
from projects.interchange.recut import RecutSummary
from projects.interchange.recut_editions import edition_changes, recut_as_edition, recut_edition
from projects.interchange.recut_matching import Storyboard
from projects.interchange.taking_over import apply_recut, pictures_beside, recut_changes, storyboard_of
from projects.names import shown_name
from projects.timelines.files import ENDINGS, read_recut
from projects.timelines.pieces import Recut

_TURN = "recut-turn"
_READ = "recut-read"
_MOST_LETTERS = 100


class Dropped(Protocol):
    """A file that was dropped or chosen."""

    name: str
    file_id: str

    def getvalue(self) -> bytes:
        """What is in it."""
        ...


@dataclass(frozen=True)
class _Read:
    """A recut that was read from the file ``file_id``, and the names of the pictures that came with it."""

    file_id: str
    recut: Recut
    pictures: frozenset[str]


def recut_section(project_id: str, edition: Edition | None, made_for: Pass, timeline: Timeline) -> None:
    """The box for a file of an editing program; what it would change is told before anything is changed."""
    st.caption(
        t(
            "Cut the film in an editing program and bring its timeline back: order, trims, transitions and speeds are "
            "taken over. First it is told what would change."
        )
    )
    key = f"recut-file-{st.session_state.setdefault(_TURN, 0)}"
    dropped = st.file_uploader(
        t("A timeline: OTIO, OTIOZ, Final Cut Pro 7 XML, FCPXML or EDL"),
        type=[ending.removeprefix(".") for ending in ENDINGS.values()],
        key=key,
        help=t("Of a large OTIOZ bundle, the .otio file in it is enough."),
    )
    if dropped is None:
        return
    try:
        read = _read(dropped, timeline.rate)
        with session() as opened:
            storyboard = storyboard_of(
                session=opened, project_id=project_id, timeline=timeline, made_for=made_for, edition=edition
            )
            summary = _changes(storyboard, edition, read)
    except Exception as error:
        told(said(fault_message(error)), "bad")
        return
    _told(read.recut, summary)
    with st.container(horizontal=True, key="recut"):
        label = t("Take it over into “{name}”").format(name=edition.name) if edition else t("Take it over")
        args = (project_id, edition.id if edition else None, made_for, key)
        st.button(label, key="recut-take", type="primary", icon=":material/done:", on_click=_take_over, args=args)
        st.button(t("Keep it as another edition"), key="recut-keep", icon=":material/add:", on_click=_keep, args=args)


def _told(recut: Recut, summary: RecutSummary) -> None:
    """What would change, a line each."""
    told(t("“{name}” would change this:").format(name=recut.name))
    if changes_nothing(summary):
        told(t("Nothing: it is cut as the film is now."), "good")
    for sentence in summary.sentences:
        tone: Tone = "warn" if sentence.id in ("recut-sections", "recut-unknown", "recut-removed") else "quiet"
        told(said(sentence), tone)


def changes_nothing(summary: RecutSummary) -> bool:
    """Whether a recut leaves the film as it is."""
    changed = (summary.moved, summary.trimmed, summary.lengthened, summary.led, summary.again, summary.retaken)
    return not any((*changed, summary.heard, summary.removed, summary.stills, summary.unknown))


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(dropped: Dropped, rate: Fraction) -> _Read:
    """The recut in a file, which is read once."""
    kept = st.session_state.get(_READ)
    if isinstance(kept, _Read) and kept.file_id == dropped.file_id:
        return kept
    with _on_disk(dropped) as path:
        recut = read_recut(path, rate)
        read = _Read(dropped.file_id, recut, frozenset(pictures_beside(path, recut)))
    st.session_state[_READ] = read
    return read


@contextmanager
def _on_disk(dropped: Dropped) -> Iterator[Path]:
    """The dropped file under its own name, in a folder in which nothing else lies."""
    name = shown_name(re.split(r"[/\\]", dropped.name)[-1])[-_MOST_LETTERS:].lstrip(". ")
    with tempfile.TemporaryDirectory(prefix="recut-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / name
        path.write_bytes(dropped.getvalue())
        yield path


def _changes(storyboard: Storyboard, edition: Edition | None, read: _Read) -> RecutSummary:
    if edition is not None:
        return edition_changes(storyboard, read.recut)
    return recut_changes(storyboard, read.recut, read.pictures)


# --- taking over ------------------------------------------------------------------------------------------------------


def _take_over(project_id: str, edition_id: str | None, made_for: Pass, key: str) -> None:
    """The callback of "Take it over"."""

    def act(opened: Session, dropped: Dropped) -> None:
        edition = None if edition_id is None else get_edition(session=opened, edition_id=edition_id)
        timeline = film_of(session=opened, project_id=project_id, made_for=made_for, edition=edition)
        recut = _read(dropped, timeline.rate).recut
        if edition is not None:
            recut_edition(session=opened, edition=edition, timeline=timeline, recut=recut, made_for=made_for)
            return
        with _on_disk(dropped) as path:
            apply_recut(
                session=opened,
                settings=settings(),
                project_id=project_id,
                timeline=timeline,
                recut=recut,
                pictures=pictures_beside(path, recut),
                made_for=made_for,
            )

    _carried_out(project_id, key, act, Message("recut-taken"))


def _keep(project_id: str, edition_id: str | None, made_for: Pass, key: str) -> None:
    """The callback of "Keep it as another edition"."""
    made: list[str] = []

    def act(opened: Session, dropped: Dropped) -> None:
        of = None if edition_id is None else get_edition(session=opened, edition_id=edition_id)
        timeline = film_of(session=opened, project_id=project_id, made_for=made_for, edition=of)
        recut = _read(dropped, timeline.rate).recut
        edition, _ = recut_as_edition(
            session=opened, project_id=project_id, timeline=timeline, recut=recut, made_for=made_for, of=of
        )
        made.append(edition.id)

    if _carried_out(project_id, key, act, Message("recut-kept-beside")):
        show(made[0])


def _carried_out(project_id: str, key: str, act: Callable[[Session, Dropped], None], done: Message) -> bool:
    """Do it with the file that was dropped; the box is empty then, and what was done can be undone."""
    dropped = st.session_state.get(key)
    if dropped is None:
        return False
    made: list[str | None] = []

    def acted(opened: Session) -> None:
        act(opened, dropped)
        made.append(last_edit(opened, project_id))

    if not attempt(acted):
        return False
    say(Notice(done, "good", partial(take_back, project_id, made[0])))
    st.session_state[_TURN] += 1
    st.session_state.pop(_READ, None)
    return True
