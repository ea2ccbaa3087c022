"""Finishing a film: the cutting table, and below it the boxes of the chosen shot and of the whole film."""

from __future__ import annotations

import streamlit as st
from sqlmodel import Session, col, select

from pages.board.reading import Board
from pages.cutting.table import cutting_table
from pages.cutting.words import ENGLISH as CUTTING_WORDS
from pages.finishing.film_picture import film_picture
from pages.finishing.film_sound import film_sound
from pages.finishing.film_words import film_words
from pages.finishing.shot_boxes import choose_shot, shot_boxes
from pages.look.language import language, t, words
from pages.look.text import said
from pages.look.theme import told
from pages.session.database import session
from pages.session.state import do
from projects.database.tables import Edition, Media
from projects.films.cut import cut_of
from projects.films.timeline import Timeline
from projects.sound.files import kept_sounds
from projects.storyboard.journal import redo, undo
from projects.storyboard.media import media_in

# Of these the page itself says how many there are.
_COUNTED = ("shot-lacks-take", "shots-lack-takes", "shot-changed", "shots-changed")


def finishing(board: Board, film: Timeline, edition: Edition | None) -> None:
    """Everything with which a film that has been laid out is cut and finished; of an ``edition`` the table only.

    The boxes are of the storyboard, which an edition follows in all that it does not say otherwise.
    """
    for problem in (*film.problems, *film.warnings):
        if problem.id not in _COUNTED:
            told(said(problem), "warn")
    with session() as opened:
        sounds = _sounds(opened, film)
    chosen = f"chosen-shot-{board.project.id}"
    table = f"cutting-{edition.id if edition else board.project.id}"

    def choose() -> None:
        told_of = st.session_state.get(table, {}).get("chosen")
        if told_of:
            st.session_state[chosen] = str(told_of["shot"])

    cutting_table(
        film,
        {shot.id: shot for shot in cut_of(board.project, [plan.shot for plan in board.plans], edition).shots},
        {media.id: media for media in sounds},
        chosen=st.session_state.get(chosen),
        words=words("cutting", CUTTING_WORDS),
        lang=language().tag,
        key=table,
        edition=edition.id if edition else None,
        on_changed=lambda: None,
        on_chosen=choose,
    )
    if edition is not None:
        return
    with st.container(key="finishing", gap="small"):
        _back_and_forth(board)
        shot, sound, texts, picture = st.tabs(
            [t("This shot"), t("Music and sound"), t("Words"), t("Picture and colour")], key="finishing-tabs"
        )
        with shot:
            shot_boxes(board, choose_shot(board, chosen), sounds)
        with sound:
            film_sound(board, film, sounds)
        with texts:
            film_words(board.project, film)
        with picture:
            film_picture(board, film)


def _back_and_forth(board: Board) -> None:
    project_id = board.project.id
    with st.container(horizontal=True, key="back-and-forth"):
        st.button(
            t("Undo"),
            key="film-undo",
            icon=":material/undo:",
            type="tertiary",
            disabled=not board.can_undo,
            help=t("Takes the last edit of this project back, wherever it was made."),
            on_click=do,
            args=(lambda opened: undo(session=opened, project_id=project_id),),
        )
        st.button(
            t("Redo"),
            key="film-redo",
            icon=":material/redo:",
            type="tertiary",
            disabled=not board.can_redo,
            on_click=do,
            args=(lambda opened: redo(session=opened, project_id=project_id),),
        )


def _sounds(opened: Session, film: Timeline) -> list[Media]:
    """The sounds that may be chosen, those of the film among them."""
    kept = kept_sounds(session=opened)
    named = {*media_in({"film": film.settings.model_dump()})}
    named |= {sound.media_id for clip in film.clips for sound in clip.sounds}
    lacking = named - {media.id for media in kept}
    return [*kept, *opened.exec(select(Media).where(col(Media.id).in_(lacking))).all()] if lacking else kept
