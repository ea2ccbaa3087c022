"""``python -m projects queue``: what is ordered over all projects, and how a person steers it."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from framepack.messages import Message
from projects.database.opening import open_database, session_for
from projects.database.tables import Render
from projects.errors import StoryboardProblem
from projects.forecast.foretelling import Forecast
from projects.names import shown_name
from projects.queue.orders import cancel_render
from projects.queue.overview import Listed, Overview, overview
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

VERBS = ("list", "pause", "resume", "cancel", "retry", "move", "clear")
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
    database = open_database(settings)
    try:
        with session_for(database) as session:
            if options.verb == "list":
                _list(overview(session=session, settings=settings), as_json=options.as_json)
                return
            _carry_out(session, settings, options)
            session.commit()
    finally:
        database.dispose()


def _carry_out(session: Session, settings: StudioSettings, options: QueueOptions) -> None:
    match options.verb, options.order:
        case "pause", None:
            pause_queue(session=session)
        case "resume", None:
            resume_queue(session=session)
        case "clear", None:
            clear_finished(session=session)
        case "pause", str(name):
            pause_order(session=session, render_id=_id_of(session, name))
        case "resume", str(name):
            resume_order(session=session, render_id=_id_of(session, name))
        case "cancel", str(name):
            cancel_render(session=session, settings=settings, render_id=_id_of(session, name))
        case "retry", str(name):
            print(retry_order(session=session, render_id=_id_of(session, name)).id)
        case "move", str(name):
            before = None if options.before is None else _id_of(session, options.before)
            move_order(session=session, render_id=_id_of(session, name), before=before)


def _id_of(session: Session, letters: str) -> str:
    orders = [*unfinished(session=session), *finished(session=session, most=1000)]
    found = [order.id for order in orders if order.id.startswith(letters.lower())]
    if len(found) == 1:
        return found[0]
    raise StoryboardProblem(Message("several-orders" if found else "no-such-order", {"name": letters}))


def _list(seen: Overview, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(as_plain(seen), ensure_ascii=False))
        return
    for at in seen.workers:
        speed = "not measured yet" if at.section is None else f"{at.section:.1f} s a section ({at.made_with})"
        memory = f"{at.worker.memory_bytes / 2**30:.0f} GiB" if at.worker.memory_bytes else ""
        print(f"{at.worker.device:8} {at.worker.hardware}  {memory}  {speed}")
    if seen.paused:
        print("The queue is paused; “python -m projects queue resume” has it go on.")
    for film, project in seen.films:
        name = f"{shown_name(project)}: {shown_name(film.name)}"
        print(f"{film.id[:_SHOWN_OF_ID]}  {film.status:9} film   {film.share:9.0%}  {name}")
    for one in (*seen.orders, *seen.over):
        state = state_of(one.order)
        done = f"done about {one.done_at[1].astimezone():%H:%M}" if one.done_at else ""
        shots = f"{len(one.order.shot_ids)} shots"
        lane = "" if one.order.urgent else "  after the urgent ones"
        name = shown_name(one.project)
        print(f"{one.order.id[:_SHOWN_OF_ID]}  {state:9} {one.order.made_for:6} {shots:>9}  {name}  {done}{lane}")


def state_of(order: Render) -> str:
    """An order's state in a word: its status, or that it is paused."""
    return "paused" if order.paused and order.status == "queued" else order.status


def as_plain(seen: Overview) -> dict[str, Any]:
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
            {"id": film.id, "project": project, "name": film.name, "state": film.status, "share": film.share}
            for film, project in seen.films
        ],
        "over": [_plain_order(one) for one in seen.over],
    }


def _plain_order(one: Listed) -> dict[str, Any]:
    order = one.order
    foretold = Forecast.from_json(order.forecast).lasts if order.forecast else None
    return {
        "id": order.id,
        "project": one.project,
        "pass": order.made_for,
        "shots": len(order.shot_ids),
        "state": state_of(order),
        "urgent": order.urgent,
        "sections": one.forecast.sections if one.forecast else None,
        "done_at": [moment.isoformat() for moment in one.done_at] if one.done_at else None,
        "foretold_seconds": None if foretold is None else round(foretold.likely, 2),
        "spent_seconds": round(order.seconds_spent, 2),
    }
