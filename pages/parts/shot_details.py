"""What a shot's card shows when it is opened: its takes, its picture, its seed and the earlier wordings of its text."""

from __future__ import annotations

import functools
import html
import secrets

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from framepack.shots.request import MAX_SEED
from pages.board.reading import Board
from pages.look.text import count, seconds_text, when_text
from pages.look.theme import player, ratio_of
from pages.serving.files import take_url
from pages.session.bound import bound
from pages.session.database import session, settings
from pages.session.state import Notice, attempt, do, say
from projects.database.tables import ShotUpdate, Take, now
from projects.storage.pictures import add_picture
from projects.storyboard.choosing import choose_take
from projects.storyboard.reading import wordings
from projects.storyboard.shots import attach_image, detach_image, edit_shot
from projects.takes.staleness import ShotPlan
from projects.takes.takes import delete_take, restore_take


def shot_details(board: Board, plan: ShotPlan) -> None:
    """The opened part of a card."""
    shot = plan.shot
    takes, looks, words = st.tabs(["Takes", "Picture and seed", "Earlier wordings"], key=f"tabs-{shot.id}")
    with takes:
        _takes(board, plan)
    with looks:
        _picture_and_seed(plan)
    with words:
        _wordings(shot.id, shot.prompt)


def picture_box(shot_id: str, label: str) -> None:
    """A box that takes one picture for a shot, whatever its name ends with: its content says what it is."""
    turn = st.session_state.setdefault(f"picture-turn-{shot_id}", 0)
    key = f"picture-{shot_id}-{turn}"
    st.file_uploader(label, key=key, on_change=_attached, args=(shot_id, key))


def _takes(board: Board, plan: ShotPlan) -> None:
    shot = plan.shot
    found = board.takes.get(shot.id, [])
    if not found:
        st.html(
            '<div class="fs-soft">No takes yet. Every rendering of this shot is kept here, and you choose one.</div>'
        )
        return
    columns = st.columns(3)
    for place, take in enumerate(found):
        with columns[place % 3]:
            st.html(player(take_url(take.id), ratio=ratio_of(take.width, take.height), label=f"Take {take.number}"))
            made = when_text(take.finished_at or take.created_at, now())
            prompt = str(take.request.get("prompt", ""))
            length = seconds_text(take.frames / take.fps)
            st.html(
                f'<div class="fs-soft"><b>Take {take.number}</b> · {length} · {made}</div>'
                f'<div class="fs-soft fs-clamp" title="{html.escape(prompt)}">{html.escape(prompt)}</div>'
            )
            chosen = take.id == shot.chosen_draft_id
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    "In the film" if chosen else "Use this take",
                    key=f"choose-{take.id}",
                    icon=":material/check:" if chosen else None,
                    disabled=chosen,
                    on_click=_choose,
                    args=(shot.id, take.id),
                )
                if not chosen:
                    st.button(
                        "Throw away",
                        key=f"delete-{take.id}",
                        type="tertiary",
                        icon=":material/delete:",
                        on_click=_throw_away,
                        args=(shot.label, take),
                    )


def _picture_and_seed(plan: ShotPlan) -> None:
    shot = plan.shot
    left, right = st.columns(2, gap="medium")
    with left:
        picture_box(shot.id, "Use another picture" if shot.media_id else "Choose a picture")
        if shot.media_id:
            st.button(
                "Take the picture away",
                key=f"detach-{shot.id}",
                type="tertiary",
                on_click=do,
                args=(lambda opened: detach_image(session=opened, shot_id=shot.id),),
            )
    with right:
        key = f"seed-{shot.id}"
        with st.container(horizontal=True, vertical_alignment="bottom"):
            # As text: a seed may be larger than the numbers a browser can count to.
            st.text_input(
                "Seed",
                str(shot.seed),
                max_chars=len(str(MAX_SEED)),
                key=key,
                width=220,
                help="The number the randomness starts from. The same seed and the same shot give the same video; "
                "another seed gives another variation.",
                on_change=bound(key, str(shot.seed), functools.partial(_seed, shot.id)),
            )
            st.button("Another", key=f"reseed-{shot.id}", icon=":material/casino:", on_click=_reseed, args=(shot.id,))


def _wordings(shot_id: str, now_says: str) -> None:
    with session() as opened:
        earlier = [one for one in wordings(session=opened, shot_id=shot_id) if one.prompt != now_says]
    if not earlier:
        st.html('<div class="fs-soft">When you change the text of this shot, what it said before is kept here.</div>')
    for wording in earlier[:20]:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(
                f'<div class="fs-sentence">{html.escape(wording.prompt)} '
                f'<span class="fs-soft">· until {when_text(wording.created_at, now())}</span></div>'
            )
            st.button(
                "Use again",
                key=f"wording-{wording.id}",
                type="tertiary",
                on_click=_reword,
                args=(shot_id, wording.prompt),
            )
    if len(earlier) > 20:
        st.html(f'<div class="fs-soft">And {count(len(earlier) - 20, "older wording")}.</div>')


# --- clicks -----------------------------------------------------------------------------------------------------------


def _attached(shot_id: str, key: str) -> None:
    uploaded = st.session_state[key]
    if uploaded is None:
        return
    st.session_state[f"picture-turn-{shot_id}"] += 1  # an empty box next time

    def attach(opened: Session) -> None:
        added = add_picture(session=opened, settings=settings(), data=uploaded.getvalue(), name=uploaded.name)
        attach_image(session=opened, shot_id=shot_id, media_id=added.media.id)
        remarks.extend(added.remarks)

    remarks: list[Message] = []
    if attempt(attach):
        for remark in remarks:
            say(Notice(remark, "quiet"))


def _choose(shot_id: str, take_id: str) -> None:
    do(lambda opened: choose_take(session=opened, shot_id=shot_id, take_id=take_id))


def _seed(shot_id: str, written: str) -> bool:
    if not written.strip().isdecimal():
        say(Notice(Message("seed-rejected", {"text": written}), "bad"))
        return False
    seed = int(written)
    return attempt(lambda opened: edit_shot(session=opened, shot_id=shot_id, changes=ShotUpdate(seed=seed)))


def _throw_away(shot: str, take: Take) -> None:
    do(
        lambda opened: delete_take(session=opened, take_id=take.id),
        Message("take-deleted", {"number": take.number, "shot": shot}),
        lambda opened: restore_take(session=opened, take_id=take.id),
    )


def _reseed(shot_id: str) -> None:
    _seed(shot_id, str(secrets.randbits(32)))


def _reword(shot_id: str, prompt: str) -> None:
    do(lambda opened: edit_shot(session=opened, shot_id=shot_id, changes=ShotUpdate(prompt=prompt)))
