"""The panel of the films that are being made: how far each is, how long still, Cancel; and of those that failed.

It is a fragment that looks at the database once a second while something is made, or may begin again by itself, less
often where many pages are, and only then. It never waits for a worker; when a film is done it has the whole page drawn
afresh.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Sequence

import streamlit as st
from sqlmodel import Session

from framepack.messages import Message
from pages.filming.words import format_text
from pages.look.language import t
from pages.look.text import said, wait_text
from pages.look.theme import chip, told
from pages.orders.report import report_link
from pages.parts.rendering import say_worker_absent
from pages.session.database import session, settings
from pages.session.state import do
from pages.session.viewers import look_every
from projects.database.tables import Film, now
from projects.films.films import delete_film, restore_film
from projects.messages import read
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import cancel_film, films_under_way, order_again, seconds_left
from projects.queue.orders import live_workers
from projects.queue.passing_faults import film_goes_on_by_itself

EVERY_SECONDS = 1.0


def films_panel(project_id: str, films: Sequence[Film]) -> None:
    """Show those of a project's ``films`` that are being made, and those that failed; nothing where there are none."""
    for film in films:
        if film.status == "failed":
            _failed(film)
    with session() as opened:
        drawn = _signature(films_under_way(session=opened, project_id=project_id))
    if drawn or any(film_goes_on_by_itself(film) for film in films):
        st.fragment(_live, run_every=look_every(EVERY_SECONDS))(project_id, drawn)


def _live(project_id: str, drawn: tuple[str, ...]) -> None:
    look_every(EVERY_SECONDS)  # so that this page counts for as long as it looks
    with session() as opened:
        films = films_under_way(session=opened, project_id=project_id)
        alive = bool(live_workers(session=opened))
    if _signature(films) != drawn:
        st.rerun()
    if films and not alive:
        say_worker_absent()
    for film in films:
        _at_work(film)


def _at_work(film: Film) -> None:
    what = html.escape(f"{film.name} · {format_text(Delivery.from_json(film.order).format)}")
    with st.container(border=True, key=f"making-{film.id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            state = chip(t("Being made"), "busy") if film.status == "working" else chip(t("Waiting"))
            st.html(f'<div class="fs-row">{state}<b><bdi>{what}</bdi></b></div>')
            st.button(
                t("Cancel"),
                key=f"cancel-{film.id}",
                icon=":material/close:",
                on_click=_cancel,
                args=(film.id,),
                help=t("Stops at once. What is finished of it is kept and found again the next time."),
            )
        st.progress(min(1.0, max(0.0, film.share)))
        st.html(f'<div class="fs-soft">{html.escape(_left(film))}</div>')


def _left(film: Film) -> str:
    if film.status == "queued":
        return t("It begins as soon as what was ordered before it is done.")
    left = seconds_left(film, now())
    return t("{wait} left").format(wait=wait_text(left)) if left is not None else t("It has begun.")


def _failed(film: Film) -> None:
    format = format_text(Delivery.from_json(film.order).format)
    what = t("“{name}” could not be made as {format}.").format(name=film.name, format=format)
    with st.container(border=True, key=f"failed-{film.id}", gap="small"):
        told(f"{what} {said(read(film.error)) if film.error else ''}".strip(), "bad")
        with st.container(horizontal=True):
            st.button(
                t("Try again"),
                key=f"again-{film.id}",
                icon=":material/refresh:",
                on_click=_again,
                args=(film.id,),
            )
            st.button(t("Dismiss"), key=f"dismiss-{film.id}", type="tertiary", on_click=_dismiss, args=(film.id,))
        if film_goes_on_by_itself(film):
            st.html(f'<div class="fs-soft">{html.escape(t("It begins again by itself when the cause is gone."))}</div>')
        report_link(film.id)


def _signature(films: Sequence[Film]) -> tuple[str, ...]:
    """What the rest of the page depends on: when it changes the page must be drawn afresh."""
    return tuple(film.id for film in films)


def _cancel(film_id: str) -> None:
    do(functools.partial(_call_off, film_id), Message("film-cancelled"))


def _call_off(film_id: str, opened: Session) -> None:
    cancel_film(session=opened, settings=settings(), film_id=film_id)


def _again(film_id: str) -> None:
    do(lambda opened: order_again(session=opened, settings=settings(), film_id=film_id))


def _dismiss(film_id: str) -> None:
    def delete(opened: Session) -> None:
        delete_film(session=opened, film_id=film_id)

    def restore(opened: Session) -> None:
        restore_film(session=opened, film_id=film_id)

    do(delete, Message("film-dismissed"), restore)
