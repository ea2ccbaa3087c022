"""``python -m projects queue``: what is ordered over all projects, and how a person steers it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import database_session
from projects.database.tables import Film, PictureOrder, Render
from projects.errors import StoryboardProblem
from projects.forecast.foretelling import Forecast
from projects.imaging.ordering import cancel_pictures
from projects.names import shown_name
from projects.queue.film_orders import cancel_film
from projects.queue.film_steering import move_film, pause_film, resume_film, unfinished_films
from projects.queue.orders import cancel_render
from projects.queue.overview import Listed, ListedPictures, Overview, overview
from projects.queue.picture_steering import (
    finished_pictures,
    move_pictures,
    pause_pictures,
    resume_pictures,
    retry_pictures,
    unfinished_pictures,
)
from projects.queue.steering import (
    clear_finished,
    finished,
    move_order,
    pause_order,
    pause_queue,
    resume_order,
    resume_queue,
    retry_order,
    unfinished,
)
from projects.settings import StudioSettings

_MOST_LISTED = 1000  # of what is over
_SHOWN_OF_ID = 8


@dataclass(frozen=True)
class QueueOptions:
    """What the command was asked for; ``order`` is (the beginning of) an order's id, None for all."""

    verb: str
    order: str | None = None
    before: str | None = None
    as_json: bool = False


def describe(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="list what is under way, what waits, in its order, and what is over")
    listing.add_argument("--json", action="store_true", help="print one line of JSON")
    for verb, said in (("pause", "have it wait"), ("resume", "have it go on")):
        one = verbs.add_parser(verb, help=f"{said}: one order, or without one the whole queue")
        one.add_argument("order", nargs="?", metavar="ID", help="the order, or the first letters of its id")
    for verb, said in (("cancel", "call an order off"), ("retry", "order again what failed or was cancelled")):
        verbs.add_parser(verb, help=said).add_argument("order", metavar="ID", help="the first letters of its id do")
    moving = verbs.add_parser("move", help="put an order that waits before another one, or last")
    moving.add_argument("order", metavar="ID", help="the order that is moved")
    moving.add_argument("--before", metavar="ID", help="the order that comes after it (none: it is put last)")
    verbs.add_parser("clear", help="list what is over no longer")


def options_of(asked: argparse.Namespace) -> QueueOptions:
    """What ``describe`` read."""
    given = vars(asked)
    return QueueOptions(asked.verb, given.get("order"), given.get("before"), given.get("json", False))


def steer(settings: StudioSettings, options: QueueOptions) -> None:
    """Carry one verb out. Raises StoryboardProblem where there is no such order, or it cannot be done with it."""
    with database_session(settings) as session:
        if options.verb == "list":
            seen = overview(session=session, settings=settings)
            if options.as_json:
                print(json.dumps(_as_plain(seen), ensure_ascii=False))
            else:
                _print(seen)
            return
        _carry_out(session, settings, options)
        session.commit()


def _carry_out(session: Session, settings: StudioSettings, options: QueueOptions) -> None:
    match options.verb, options.order:
        case "pause", None:
            pause_queue(session=session)
        case "resume", None:
            resume_queue(session=session)
        case "clear", None:
            clear_finished(session=session)
        case verb, str(letters):
            kind, id = _named(session, letters)
            match verb:
                case "pause":
                    kind.pause(session, id)
                case "resume":
                    kind.resume(session, id)
                case "cancel":
                    kind.cancel(session, settings, id)
                case "retry":
                    print(kind.retry(session, id))
                case "move":
                    kind.move(session, id, _before(session, options.before, kind))


def _named(session: Session, letters: str) -> tuple[_Kind, str]:
    """The kind and the id of the order whose id begins with these letters.

    Raises StoryboardProblem unless it is just one.
    """
    found = [(kind, id) for kind in _KINDS for id in kind.listed(session) if id.startswith(letters.lower())]
    match found:
        case [only]:
            return only
        case []:
            raise StoryboardProblem(Message("no-such-order", {"name": letters}))
    raise StoryboardProblem(Message("several-orders", {"name": letters}))


def _before(session: Session, letters: str | None, kind: _Kind) -> str | None:
    """What an order of this kind shall stand before. Raises StoryboardProblem where none of it begins so."""
    if letters is None:
        return None
    found, id = _named(session, letters)
    if found is not kind:
        raise StoryboardProblem(Message("no-such-order", {"name": letters}))
    return id


@dataclass(frozen=True)
class _Kind:
    """One kind of orders: the ids of those that are listed, and what can be done with one; ``retry`` gives its id."""

    listed: Callable[[Session], list[str]]
    pause: Callable[[Session, str], object]
    resume: Callable[[Session, str], object]
    cancel: Callable[[Session, StudioSettings, str], object]
    retry: Callable[[Session, str], str]
    move: Callable[[Session, str, str | None], object]


def _never_again(_: Session, id: str) -> str:  # noqa: ARG001 (films are ordered again on their page)
    raise StoryboardProblem(Message("order-not-over"))


def _renders(session: Session) -> list[str]:
    return [order.id for order in (*unfinished(session=session), *finished(session=session, most=_MOST_LISTED))]


def _pictures(session: Session) -> list[str]:
    over = finished_pictures(session=session, most=_MOST_LISTED)
    return [order.id for order in (*unfinished_pictures(session=session), *over)]


_KINDS = (
    _Kind(
        listed=_renders,
        pause=lambda session, id: pause_order(session=session, render_id=id),
        resume=lambda session, id: resume_order(session=session, render_id=id),
        cancel=lambda session, settings, id: cancel_render(session=session, settings=settings, render_id=id),
        retry=lambda session, id: retry_order(session=session, render_id=id).id,
        move=lambda session, id, before: move_order(session=session, render_id=id, before=before),
    ),
    _Kind(
        listed=lambda session: [film.id for film in unfinished_films(session=session)],
        pause=lambda session, id: pause_film(session=session, film_id=id),
        resume=lambda session, id: resume_film(session=session, film_id=id),
        cancel=lambda session, settings, id: cancel_film(session=session, settings=settings, film_id=id),
        retry=_never_again,
        move=lambda session, id, before: move_film(session=session, film_id=id, before=before),
    ),
    _Kind(
        listed=_pictures,
        pause=lambda session, id: pause_pictures(session=session, order_id=id),
        resume=lambda session, id: resume_pictures(session=session, order_id=id),
        cancel=lambda session, settings, id: cancel_pictures(session=session, settings=settings, order_id=id),
        retry=lambda session, id: retry_pictures(session=session, order_id=id).id,
        move=lambda session, id, before: move_pictures(session=session, order_id=id, before=before),
    ),
)


def _print(seen: Overview) -> None:
    """Print the queue, a line for each worker and order."""
    for at in seen.workers:
        speed = "not measured yet" if at.section is None else f"{at.section:.1f} s a section ({at.made_with})"
        memory = f"{at.worker.memory_bytes / 2**30:.0f} GiB" if at.worker.memory_bytes else ""
        print(f"{at.worker.device:8} {at.worker.hardware}  {memory}  {speed}")
    if seen.paused:
        print("The queue is paused; “python -m projects queue resume” has it go on.")
    for made in seen.films:
        film, name = made.film, f"{shown_name(made.project)}: {shown_name(made.film.name)}"
        done = f"done about {made.done_at[1].astimezone():%H:%M}" if made.done_at else ""
        print(f"{film.id[:_SHOWN_OF_ID]}  {_state_of(film):9} film   {film.share:9.0%}  {name}  {done}")
    for drawn in (*seen.pictures, *seen.pictures_over):
        of, name = drawn.order, f"{shown_name(drawn.project)}, {drawn.shot}"
        state, there = _state_of(of), f"{len(of.media_ids):>4} of {of.count}"
        print(f"{of.id[:_SHOWN_OF_ID]}  {state:9} picture {there}  {name}  {_said_of_rest(drawn)}")
    for one in (*seen.orders, *seen.over):
        state = _state_of(one.order)
        done = f"done about {one.done_at[1].astimezone():%H:%M}" if one.done_at else ""
        shots = f"{len(one.order.shot_ids)} shots"
        lane = "" if one.order.urgent else "  after the urgent ones"
        name = shown_name(one.project)
        print(f"{one.order.id[:_SHOWN_OF_ID]}  {state:9} {one.order.made_for:6} {shots:>9}  {name}  {done}{lane}")


def _said_of_rest(one: ListedPictures) -> str:
    if one.order.status not in ("queued", "working"):
        return ""
    if one.lasts is None:
        return "" if one.order.status == "working" else "how long they take is measured with the first"
    left = " left" if one.order.status == "working" else ""
    return f"about {one.lasts.likely:.0f} s{left}{'' if one.lasts.measured else ' (estimate)'}"


def _state_of(order: Render | Film | PictureOrder) -> str:
    """An order's state in a word: its status, or that it is paused."""
    return "paused" if order.paused and order.status == "queued" else order.status


def _as_plain(seen: Overview) -> dict[str, Any]:
    """The queue as plain values."""
    return {
        "paused": seen.paused,
        "workers": [
            {
                "device": at.worker.device,
                "hardware": at.worker.hardware,
                "memory_bytes": at.worker.memory_bytes,
                "seconds_a_section": at.section,
                "order": at.order.id if at.order else None,
            }
            for at in seen.workers
        ],
        "orders": [_plain_order(one) for one in seen.orders],
        "films": [
            {
                "id": one.film.id,
                "project": one.project,
                "name": one.film.name,
                "state": _state_of(one.film),
                "share": one.film.share,
                "seconds_likely": round(one.lasts.likely, 2),
                "done_at": [moment.isoformat() for moment in one.done_at] if one.done_at else None,
            }
            for one in seen.films
        ],
        "pictures": [_plain_pictures(one) for one in seen.pictures],
        "pictures_over": [_plain_pictures(one) for one in seen.pictures_over],
        "over": [_plain_order(one) for one in seen.over],
    }


def _plain_pictures(one: ListedPictures) -> dict[str, Any]:
    order = one.order
    return {
        "id": order.id,
        "project": one.project,
        "shot": one.shot,
        "state": _state_of(order),
        "share": order.share,
        "made": len(order.media_ids),
        "count": order.count,
        "seconds_left": None if one.lasts is None else round(one.lasts.likely, 1),
    }


def _plain_order(one: Listed) -> dict[str, Any]:
    order = one.order
    foretold = Forecast.from_json(order.forecast).lasts if order.forecast else None
    return {
        "id": order.id,
        "project": one.project,
        "pass": order.made_for,
        "shots": len(order.shot_ids),
        "state": _state_of(order),
        "urgent": order.urgent,
        "sections": one.forecast.sections if one.forecast else None,
        "done_at": [moment.isoformat() for moment in one.done_at] if one.done_at else None,
        "foretold_seconds": None if foretold is None else round(foretold.likely, 2),
        "spent_seconds": round(order.seconds_spent, 2),
    }
