"""How the film shows one shot: how fast, held, moved over, with which words and sounds. Nothing is rendered anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import streamlit as st

from pages.board.reading import Board
from pages.board.rows import row
from pages.finishing.keeping import shot_box
from pages.finishing.shot_sounds import shot_sounds
from pages.inspector.fields import typing_boxes
from pages.inspector.inspector import BOUNDS
from pages.inspector.strip import strip_of
from pages.inspector.words import ENGLISH as BOX_WORDS
from pages.look.language import language, t, words
from pages.session.keeping import beside
from projects.cutting.shot_fields import MAX_HOLD_SECONDS, SPEEDS
from projects.database.tables import Between, Media, Move, Shot
from projects.takes.staleness import ShotPlan

# What is written of a shot for its film.
WORDS = ("dialogue", "title", "lower_third")


def choose_shot(board: Board, key: str) -> ShotPlan:
    """The box in which the shot is chosen; the cutting table chooses it, too."""
    by_id = {plan.shot.id: plan for plan in board.plans}
    ids = list(by_id)
    if st.session_state.get(key) not in by_id:
        st.session_state[key] = ids[0]

    def named(id: str) -> str:
        shot = by_id[id].shot
        return f"{shot.label} · {shot.name}" if shot.name else shot.label

    chosen = st.selectbox(t("Shot"), ids, format_func=named, key=key)
    return by_id[chosen if chosen in by_id else ids[0]]


def shot_boxes(board: Board, plan: ShotPlan, sounds: Sequence[Media]) -> None:
    """The boxes of the chosen shot; ``sounds`` are all that may be chosen."""
    left, right = st.columns(2, gap="medium")
    with left:
        _pace(plan.shot)
        _holds(plan.shot)
        _move(plan)
        if plan.shot.start == "continue" and plan.shot.position > 0:
            _colours(plan.shot)
    with right:
        typing_boxes(
            asdict(row(board, plan)),
            project_id=board.project.id,
            fields=WORDS,
            bounds=BOUNDS,
            strip=strip_of(board, plan),
            counter="",
            unread="",
            phrases={},
            rewriting=None,
            words=words("inspector", BOX_WORDS),
            lang=language().tag,
            api="/api",
            key=f"film-words-{board.project.id}",
            on_saved=lambda _: None,
        )
    shot_sounds(plan.shot, sounds)


def _pace(shot: Shot) -> None:
    left, right = st.columns(2)
    with left:
        key, changed = shot_box(shot, "speed")
        st.number_input(
            t("Speed (times)"),
            *SPEEDS,
            shot.speed,
            step=0.05,
            format="%.2f",
            key=key,
            help=t("1 is as it was rendered, 0.5 half as fast and twice as long."),
            on_change=changed,
        )
        beside(key)
    with right:
        ways: Mapping[Between, str] = {
            "repeat": t("Repeat frames"),
            "blend": t("Blend frames"),
            "motion": t("Follow the motion"),
        }
        key, changed = shot_box(shot, "between")
        st.selectbox(
            t("Between two frames"),
            list(ways),
            list(ways).index(shot.between),
            format_func=ways.__getitem__,
            key=key,
            help=t("What is shown where another speed or rate asks for a frame that the take does not have."),
            on_change=changed,
        )
        beside(key)
    key, changed = shot_box(shot, "reverse")
    st.toggle(t("Backwards"), shot.reverse, key=key, on_change=changed)
    beside(key)


def _holds(shot: Shot) -> None:
    columns = st.columns(2)
    fields = (("hold_first", t("Hold the first frame (s)")), ("hold_last", t("Hold the last frame (s)")))
    for column, (field, label) in zip(columns, fields, strict=True):
        with column:
            key, changed = shot_box(shot, field)
            value = float(getattr(shot, field))
            st.number_input(label, 0.0, MAX_HOLD_SECONDS, value, step=0.5, format="%.2f", key=key, on_change=changed)
            beside(key)


def _move(plan: ShotPlan) -> None:
    shot = plan.shot
    moves: Mapping[Move, str] = {
        "none": t("None"),
        "closer": t("Closer"),
        "away": t("Away"),
        "left": t("To the left"),
        "right": t("To the right"),
        "up": t("Up"),
        "down": t("Down"),
    }
    key, changed = shot_box(shot, "move")
    st.selectbox(
        t("Slow move"),
        list(moves),
        list(moves).index(shot.move),
        format_func=moves.__getitem__,
        key=key,
        help=t("Over the picture of a shot that has no take, or over its take."),
        on_change=changed,
    )
    beside(key)


def _colours(shot: Shot) -> None:
    key, changed = shot_box(shot, "match_colour")
    st.toggle(
        t("Match the colours to the shot before"),
        shot.match_colour,
        key=key,
        help=t("Where colour steps at the join, it is evened out over half a second."),
        on_change=changed,
    )
    beside(key)
