"""Cuts on the beats of the music, as a suggestion: what would move is said, and one click does it."""

from __future__ import annotations

import functools

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.board.reading import Board
from pages.look.language import number_text, t, tn
from pages.look.text import seconds_text
from pages.look.theme import told
from pages.session.database import settings
from pages.session.faults import fault_message
from pages.session.keeping import beside, keep, refuse
from pages.session.state import Notice, say
from projects.database.tables import Media, ShotUpdate
from projects.films.material import film_of
from projects.films.timeline import Timeline
from projects.sound.beats import kept_beats, known_beats
from projects.sound.reading import SoundRejected
from projects.sound.snapping import Retrim, beats_in, on_beats
from projects.storyboard.reading import shots_of
from projects.storyboard.shots import edit_shot

USUAL_WITHIN = 0.25
MOST_LISTED = 12


def beats_suggestion(board: Board, timeline: Timeline, music: Media) -> None:
    """How many cuts would move onto beats of the music, and by how much."""
    with st.container(border=True, key="beats", gap="small"):
        st.html(f'<div class="fs-name">{t("Cuts on the beat")}</div>')
        key = f"beats-{board.project.id}"
        beats = known_beats(settings(), music)
        if beats is None:
            pressed = st.button(t("Listen for the beats of the music"), key=f"{key}-find", icon=":material/graphic_eq:")
            beside(key)
            if pressed:
                _listen(key, music)
            return
        if not beats:
            st.html(f'<div class="fs-soft">{t("No beat was heard in this music.")}</div>')
            return
        within = st.number_input(
            t("Move a cut by at most (s)"),
            0.05,
            1.0,
            USUAL_WITHIN,
            step=0.05,
            format="%.2f",
            key=f"{key}-within",
        )
        shots = {plan.shot.id: plan.shot for plan in board.plans}
        found = on_beats(timeline, shots, beats_in(timeline, beats, music.seconds or 0.0), within)
        _said(found)
        if found:
            st.button(
                t("Put these cuts on the beat"),
                key=f"{key}-apply",
                icon=":material/music_note:",
                on_click=_apply,
                args=(key, board, music, within),
            )
        beside(key)


def _said(found: tuple[Retrim, ...]) -> None:
    if not found:
        told(t("No cut would move: those that can move so far lie on a beat already."), "good")
        return
    moves = [abs(one.seconds) for one in found]
    figures = t("by {most} s at most, {mean} s on average").format(
        most=number_text(max(moves), 2, least_digits=2),
        mean=number_text(sum(moves) / len(moves), 2, least_digits=2),
    )
    longer = sum(one.seconds for one in found)
    by = seconds_text(abs(longer))
    length = (
        t("The film would be {length} longer.").format(length=by)
        if longer > 0
        else t("The film would be {length} shorter.").format(length=by)
    )
    count = tn("{n} cut would move onto a beat", "{n} cuts would move onto beats", len(found))
    told(f"{t('{count}, {figures}.').format(count=count, figures=figures)} {length}")
    listed = [_one(one) for one in found[:MOST_LISTED]]
    more = len(found) - len(listed)
    listed += [tn("{n} more", "{n} more", more)] if more else []
    st.html(f'<div class="fs-soft">{" · ".join(listed)}</div>')


def _one(retrim: Retrim) -> str:
    n = number_text(abs(retrim.seconds), 2, least_digits=2)
    if retrim.seconds > 0:
        return t("{shot}: {n} s longer").format(shot=retrim.label, n=n)
    return t("{shot}: {n} s shorter").format(shot=retrim.label, n=n)


def _listen(key: str, music: Media) -> None:
    """Find the beats, which takes some seconds the first time."""
    with st.spinner(t("Listening to the music…")):
        try:
            kept_beats(settings(), music)
        except (SoundRejected, OSError) as error:
            refuse(key, fault_message(error))
    st.rerun()


def _apply(key: str, board: Board, music: Media, within: float) -> None:
    """The callback of the suggestion: all trims in one edit, worked out from the film as it is at this moment."""
    done: list[Retrim] = []
    if keep(key, board.project.id, "cuts-on-beats", functools.partial(_retrim, board, music, within, done)):
        say(Notice(Message("cuts-on-beats", {"count": len(done)}), "good"))


def _retrim(board: Board, music: Media, within: float, done: list[Retrim], opened: Session) -> None:
    timeline = film_of(session=opened, project_id=board.project.id, made_for=board.made_for)
    shots = {shot.id: shot for shot in shots_of(session=opened, project_id=board.project.id)}
    beats = beats_in(timeline, kept_beats(settings(), music), music.seconds or 0.0)
    for one in on_beats(timeline, shots, beats, within):
        edit_shot(session=opened, shot_id=one.shot_id, changes=ShotUpdate.model_validate({one.field: one.trim}))
        done.append(one)
