"""The queue as one looks at it: all orders of all projects with their forecasts, and the workers at work on them."""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from framepack.checkpoints.identity import known_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.errors import FramepackError
from projects.database.tables import Film, Progress, Project, Render, Speed, Worker
from projects.forecast.asking import Asking
from projects.forecast.foretelling import Forecast, Foreteller
from projects.queue.orders import live_workers
from projects.queue.steering import finished, is_paused, unfinished
from projects.settings import StudioSettings
from projects.storyboard.project_settings import checkpoint_of
from projects.storyboard.reading import shots_of
from projects.takes.render_plan import RenderPlan
from projects.takes.staleness import own_checkpoints
from projects.takes.variants import wanted_variants

MOST_FINISHED = 50
REMEMBERED = 2000
# How long a forecast counts before it is made afresh; what a worker is at gets shorter all the time.
_STAYS_SECONDS = 20.0
_STAYS_SECONDS_AT_WORK = 2.0
_WITHOUT_ORDER = defer(Film.order)  # type: ignore[arg-type]
_guard = threading.Lock()
_remembered: OrderedDict[tuple[str, int, bool], tuple[float, Forecast | None]] = OrderedDict()


@dataclass(frozen=True)
class Listed:
    """One order. ``forecast`` is what is still to be done of it, None while that is not known.

    ``done_at`` is when it will be done, at the earliest and at the latest, where nothing is put before it.
    """

    order: Render
    project: str
    progress: Progress | None
    forecast: Forecast | None
    done_at: tuple[dt.datetime, dt.datetime] | None


@dataclass(frozen=True)
class AtWork:
    """A worker that is alive. ``section`` is how long a section of its last kind usually takes, None at first."""

    worker: Worker
    order: Render | None
    section: float | None
    made_with: str


@dataclass(frozen=True)
class Overview:
    """The whole queue; ``orders`` are those under way and those that wait, in their order, ``over`` the others.

    ``films`` are those that are being made or wait for it, with the names of their projects; they need no device.
    """

    paused: bool
    workers: tuple[AtWork, ...]
    orders: tuple[Listed, ...]
    films: tuple[tuple[Film, str], ...]
    over: tuple[Listed, ...]


def overview(*, session: Session, settings: StudioSettings, patience: float = math.inf) -> Overview:
    """The queue as it is. Forecasts that are not made after ``patience`` seconds are left out, and made next time."""
    until = time.monotonic() + patience
    workers = live_workers(session=session)
    orders, over = unfinished(session=session), finished(session=session, most=MOST_FINISHED)
    films = _films(session)
    of_orders = {order.project_id for order in (*orders, *over)}
    names = _names(session, of_orders | {film.project_id for film in films})
    progress = _progress(session, orders)
    foreteller = Foreteller(session=session, settings=settings, workers=workers)
    listed, ahead = [], 0.0
    for order in orders:
        forecast = _forecast(session, settings, foreteller, order, until)
        done = None
        if forecast is not None and not order.paused:
            done = forecast.done_at(ahead)
            ahead += forecast.takes.likely
        listed.append(Listed(order, names.get(order.project_id, ""), progress.get(order.id), forecast, done))
    return Overview(
        paused=is_paused(session=session),
        workers=tuple(_at_work(session, worker, orders) for worker in workers),
        orders=tuple(listed),
        films=tuple((film, names.get(film.project_id, "")) for film in films),
        over=tuple(Listed(order, names.get(order.project_id, ""), None, None, None) for order in over),
    )


def seconds_ahead(*, session: Session, settings: StudioSettings, urgent: bool) -> float:
    """How many seconds of work come before an order that would be given now, as far as that is known."""
    seen = overview(session=session, settings=settings, patience=1.0)
    # An urgent one waits for the others only until their section is over.
    counted = [one for one in seen.orders if not one.order.paused and (one.order.urgent or not urgent)]
    return sum(one.forecast.takes.likely for one in counted if one.forecast is not None)


def still_to_do(*, session: Session, settings: StudioSettings, order: Render) -> Forecast | None:
    """What is still to be done of an order that was begun; None before."""
    if order.plan is None:
        return None
    foreteller = Foreteller(session=session, settings=settings, workers=live_workers(session=session))
    return _forecast(session, settings, foreteller, order, math.inf)


def _forecast(
    session: Session, settings: StudioSettings, foreteller: Foreteller, order: Render, until: float
) -> Forecast | None:
    key = (order.id, order.runs, order.status == "running")
    stays = _STAYS_SECONDS_AT_WORK if order.status == "running" else _STAYS_SECONDS
    with _guard:
        made, known = _remembered.get(key, (float("-inf"), None))
    if time.monotonic() - made < stays or time.monotonic() > until:
        return known
    found = forecast_of(session=session, settings=settings, foreteller=foreteller, order=order)
    with _guard:
        _remembered[key] = (time.monotonic(), found)
        _remembered.move_to_end(key)
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return found


def forecast_of(
    *, session: Session, settings: StudioSettings, foreteller: Foreteller, order: Render
) -> Forecast | None:
    """What is still to be done of an order; None where its weights have no name yet."""
    if order.plan is not None:
        return foreteller.foretell(RenderPlan.from_json(order.plan))
    project = session.get_one(Project, order.project_id)
    shots = shots_of(session=session, project_id=project.id)
    models = settings.engine.models
    try:
        checkpoint = checkpoint_of(project, order.made_for)
        names = {
            name: known
            for name in {checkpoint, *own_checkpoints(shots)}
            if (known := known_identity(checkpoint_named(name), models))
        }
    except FramepackError:
        return None
    if checkpoint not in names:
        return None
    asking = Asking(session, settings, project.id, order.made_for, names[checkpoint], names)
    if order.variants:
        return asking.other_takes(foreteller, wanted_variants(order))
    return asking.forecast(foreteller, lambda _: order.shot_ids)


def _films(session: Session) -> Sequence[Film]:
    unmade = select(Film).where(col(Film.status).in_(("working", "queued")), col(Film.deleted_at).is_(None))
    # Timelines are large, and nobody asks for them here.
    return session.exec(unmade.order_by(col(Film.status).desc(), col(Film.created_at)).options(_WITHOUT_ORDER)).all()


def _names(session: Session, ids: Collection[str]) -> dict[str, str]:
    return dict(session.exec(select(Project.id, Project.name).where(col(Project.id).in_(ids))).all())


def _progress(session: Session, orders: Sequence[Render]) -> dict[str, Progress]:
    ids = [order.id for order in orders if order.status == "running"]
    rows = session.exec(select(Progress).where(col(Progress.render_id).in_(ids))).all()
    return {row.render_id: row for row in rows}


def _at_work(session: Session, worker: Worker, orders: Sequence[Render]) -> AtWork:
    order = next((one for one in orders if one.executor == worker.executor_id and one.status == "running"), None)
    stages: list[Speed] = []
    for stage in ("sample", "decode"):
        query = select(Speed).where(Speed.hardware == worker.hardware, Speed.stage == stage)
        last = session.exec(query.order_by(col(Speed.created_at).desc()).limit(1)).first()
        stages += [last] if last is not None else []
    section = sum(stage.seconds for stage in stages) if stages else None
    made_with = f"{stages[0].checkpoint} {stages[0].setting.split(',')[0]}" if stages else ""
    return AtWork(worker, order, section, made_with)
