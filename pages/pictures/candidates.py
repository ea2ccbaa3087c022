"""What was made of pictures from words for a shot: how far an order is, Cancel, and the pictures to choose from.

While something is made it is a fragment that looks once a second, and it never waits for a worker.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st
from sqlmodel import Session

from pages.look.language import t
from pages.look.text import said
from pages.look.theme import chip, told
from pages.pictures.foretold import pictures_forecast
from pages.serving.files import picture_url
from pages.session.database import session, settings
from pages.session.state import do, edit
from pages.session.viewers import look_every
from projects.database.tables import PictureOrder
from projects.forecast.pictures import PictureKind
from projects.imaging.ordering import (
    cancel_pictures,
    choose_picture,
    picture_orders,
    put_away_pictures,
)
from projects.messages import read
from projects.queue.passing_faults import pictures_go_on_by_themselves
from projects.queue.picture_steering import ENDED, UNFINISHED, resume_pictures, retry_pictures

EVERY_SECONDS = 1.0
_A_ROW = 2


def candidates(project_id: str, shot_id: str) -> None:
    """Show the orders of a shot, the newest first; nothing where there are none."""
    with session() as opened:
        orders = picture_orders(session=opened, shot_id=shot_id)
    under_way = any(order.status in UNFINISHED for order in orders)
    if under_way:
        st.fragment(_live, run_every=look_every(EVERY_SECONDS))(project_id, shot_id)
    else:
        _shown(project_id, orders)


def _live(project_id: str, shot_id: str) -> None:
    look_every(EVERY_SECONDS)  # so that this page counts for as long as it looks
    with session() as opened:
        orders = picture_orders(session=opened, shot_id=shot_id)
    if not any(order.status in UNFINISHED for order in orders):
        st.rerun()
    _shown(project_id, orders)


def _shown(project_id: str, orders: Sequence[PictureOrder]) -> None:
    for order in orders:
        with st.container(border=True, key=f"pictures-{order.id}", gap="small"):
            _order(project_id, order)


def _order(project_id: str, order: PictureOrder) -> None:
    busy = order.status in UNFINISHED
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        state = {
            "queued": chip(t("Paused") if order.paused else t("Waiting")),
            "working": chip(t("Being made"), "busy"),
            "failed": chip(t("Failed"), "bad"),
            "cancelled": chip(t("Cancelled")),
        }.get(order.status, "")
        st.html(f'<div class="fs-row">{state}<bdi class="fs-soft">{html.escape(order.prompt[:120])}</bdi></div>')
        if busy:
            if order.paused:
                st.button(
                    t("Go on"),
                    key=f"resume-{order.id}",
                    icon=":material/play_arrow:",
                    on_click=_resume,
                    args=(order.id,),
                )
            st.button(
                t("Cancel"), key=f"cancel-{order.id}", icon=":material/close:", on_click=_cancel, args=(order.id,)
            )
        else:
            if order.status in ENDED:
                st.button(
                    t("Order again"),
                    key=f"again-{order.id}",
                    icon=":material/refresh:",
                    type="tertiary",
                    on_click=_again,
                    args=(order.id,),
                )
            st.button(
                t("Put away"),
                key=f"put-away-{order.id}",
                icon=":material/close:",
                type="tertiary",
                help=t("Shows these pictures no more. One that was chosen stays."),
                on_click=_put_away,
                args=(order.id,),
            )
    if order.error:
        passes = t("It begins again by itself when the cause is gone.") if pictures_go_on_by_themselves(order) else ""
        told(f"{said(read(order.error))} {passes}".rstrip(), "bad")
    if busy:
        st.progress(min(1.0, max(0.0, order.share)))
        if order.status == "queued":
            waits = t("They begin as soon as the generator is free; no shot is rendered meanwhile.")
            if order.paused:
                waits = t("They wait until they are resumed; what is made is kept.")
            waits += " " + pictures_forecast(PictureKind.of(order), order.count - len(order.media_ids))
            st.html(f'<div class="fs-soft">{html.escape(waits)}</div>')
    for first in range(0, len(order.media_ids), _A_ROW):
        columns = st.columns(_A_ROW)
        for place, media_id in enumerate(order.media_ids[first : first + _A_ROW], first):
            with columns[place - first]:
                alt = html.escape(t("Picture {n} of {count}").format(n=place + 1, count=order.count))
                st.html(f'<img src="{picture_url(media_id)}" alt="{alt}" decoding="async" style="inline-size: 100%">')
                st.button(
                    t("Use this one"),
                    key=f"choose-{order.id}-{place}",
                    on_click=_choose,
                    args=(project_id, order.id, media_id),
                )


def _choose(project_id: str, order_id: str, media_id: str) -> None:
    edit(
        project_id,
        "attach-picture",
        lambda opened: choose_picture(session=opened, order_id=order_id, media_id=media_id),
    )


def _cancel(order_id: str) -> None:
    def cancel(opened: Session) -> None:
        cancel_pictures(session=opened, settings=settings(), order_id=order_id)

    do(cancel)


def _again(order_id: str) -> None:
    def again(opened: Session) -> None:
        retry_pictures(session=opened, order_id=order_id)

    do(again)


def _resume(order_id: str) -> None:
    def resume(opened: Session) -> None:
        resume_pictures(session=opened, order_id=order_id)

    do(resume)


def _put_away(order_id: str) -> None:
    def put_away(opened: Session) -> None:
        put_away_pictures(session=opened, settings=settings(), order_id=order_id)

    do(put_away)
