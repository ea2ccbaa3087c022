"""Directing the selected shot: after each section it is asked how it goes on."""

from __future__ import annotations

import html
from functools import partial

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.board.foretold import section_forecast
from pages.board.reading import Board
from pages.look.language import t
from pages.look.text import said, seconds_text
from pages.look.theme import player, ratio_of, told
from pages.serving.files import take_url
from pages.session.database import session, settings
from pages.session.state import do, edit
from pages.session.viewers import look_every
from projects.database.tables import Pass
from projects.queue.directing import Directed, direct_shot, directed, keep_section, section_again, stop_directing
from projects.takes.staleness import ShotPlan

EVERY_SECONDS = 1.0


def directing_of(board: Board, plan: ShotPlan) -> Directed | None:
    """How far the shot is that is directed, in the pass that is shown."""
    with session() as opened:
        return directed(session=opened, shot_id=plan.shot.id, made_for=board.made_for)


def begin_directing(board: Board, plan: ShotPlan) -> None:
    """Offer to make the shot section by section."""
    about = t("Each section is rendered, and then you say how it goes on. What the film shows stays until you choose.")
    st.button(
        t("Section by section"),
        key="direct",
        icon=":material/footprint:",
        on_click=do,
        args=(partial(_begin, plan.shot.id, board.made_for),),
        help=" ".join(filter(None, (about, section_forecast(board, plan)))),
    )


def directing(board: Board, plan: ShotPlan, now: Directed) -> None:
    """What there is of the shot so far, and the words that it waits for."""
    shot, made_for, take = plan.shot, board.made_for, now.take
    with st.container(border=True, key="directing", gap="small"):
        # Above it lies the take that the film shows: this is another one.
        which = "" if take is None else f' <span class="fs-soft">{t("Take {number}").format(number=take.number)}</span>'
        st.html(f'<div class="fs-name">{html.escape(t("Section by section"))}{which}</div>')
        if now.problem is not None:
            told(said(now.problem), "bad")
        if take is None or now.is_rendering:
            told(t("The next section is on its way; then you say how it goes on."), "busy")
            st.fragment(_await, run_every=look_every(EVERY_SECONDS))(shot.id, made_for)
        if take is not None:
            label = t("Take {number} of {shot}").format(number=take.number, shot=shot.label)
            st.html(player(take_url(take.id), ratio=ratio_of(take.width, take.height), label=label))
        if take is None or now.is_rendering:
            return
        lasts, wanted = seconds_text(take.frames / take.fps), seconds_text(now.seconds)
        told(t("{lasts} of {seconds} are there. How does it go on?").format(lasts=lasts, seconds=wanted))
        key = f"direct-words-{take.id}"
        if not now.is_whole:
            st.text_input(
                t("Now say"), key=key, max_chars=4000, placeholder=t("What happens next; empty: it goes on as it is")
            )
        with st.container(horizontal=True, gap="small"):
            if not now.is_whole:
                st.button(
                    t("Keep and go on"),
                    key="direct-keep",
                    icon=":material/check:",
                    type="primary",
                    help=section_forecast(board, plan),
                    on_click=_keep,
                    args=(shot.id, made_for, key),
                )
            st.button(
                t("Again"),
                key="direct-again",
                icon=":material/casino:",
                on_click=do,
                args=(partial(_again, shot.id, made_for),),
                help=t("The last section once more, with another seed. What there is stays a take."),
            )
            st.button(
                t("Stop here"),
                key="direct-stop",
                icon=":material/stop:",
                on_click=edit,
                args=(board.project.id, "choose-take", partial(_stop, shot.id, made_for), Message("direct-stopped")),
                help=t("The take is as long as it is by now."),
            )


def _await(shot_id: str, made_for: Pass) -> None:
    look_every(EVERY_SECONDS)  # so that this page counts for as long as it looks
    with session() as opened:
        now = directed(session=opened, shot_id=shot_id, made_for=made_for)
    if now is None or not now.is_rendering:
        st.rerun()  # the whole page, and this fragment looks no more


def _begin(shot_id: str, made_for: Pass, opened: Session) -> None:
    direct_shot(session=opened, shot_id=shot_id, made_for=made_for)


def _keep(shot_id: str, made_for: Pass, key: str) -> None:
    prompt = str(st.session_state.get(key) or "")

    def keep(opened: Session) -> None:
        keep_section(session=opened, settings=settings(), shot_id=shot_id, made_for=made_for, prompt=prompt)

    do(keep)


def _again(shot_id: str, made_for: Pass, opened: Session) -> None:
    section_again(session=opened, settings=settings(), shot_id=shot_id, made_for=made_for)


def _stop(shot_id: str, made_for: Pass, opened: Session) -> None:
    stop_directing(session=opened, shot_id=shot_id, made_for=made_for)
