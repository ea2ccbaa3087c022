"""The queue as one looks at it: all orders of all projects with their forecasts, and the workers at work on them."""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from framepack.checkpoints.identity import known_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.device.cards_measured import CardsMeasured, read_measured
from framepack.errors import FramepackError
from projects.database.tables import Film, PictureOrder, Progress, Project, Render, Shot, Speed, Worker, now
from projects.database.viewers import everybodys, viewer_of
from projects.forecast.asking import Asking
from projects.forecast.films import film_lasts
from projects.forecast.foretelling import Forecast, Foreteller
from projects.forecast.pictures import PictureKind, pictures_last
from projects.forecast.speeds import Lasts
from projects.queue.film_orders import WORK, seconds_left
from projects.queue.film_steering import unfinished_films
from projects.queue.orders import live_workers
from projects.queue.picture_steering import UNFINISHED, finished_pictures, unfinished_pictures
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
_guard = threading.Lock()
_remembered: OrderedDict[tuple[str, int, bool, bool], tuple[float, Forecast | None]] = OrderedDict()


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
    """A worker that is alive. ``section`` is how long a section of its last kind usually takes, None at first.

    ``shot`` is the label of the shot that it is at, "" where it is at none; ``for_others``: it is at somebody else's.
    """

    worker: Worker
    order: Render | None
    shot: str
    section: float | None
    made_with: str
    for_others: bool = False


@dataclass(frozen=True)
class ListedFilm:
    """A film that is being made or waits for it. ``lasts`` is how long what is still to be done of it will take."""

    film: Film
    project: str
    lasts: Lasts
    done_at: tuple[dt.datetime, dt.datetime] | None


@dataclass(frozen=True)
class ListedPictures:
    """Pictures from words that are being made for ``shot``, the label of one, wait for it or are over.

    ``lasts`` is how long what is still to be made will take once a worker is at it; None while nobody can say.
    """

    order: PictureOrder
    project: str
    shot: str
    lasts: Lasts | None


@dataclass(frozen=True)
class Overview:
    """The whole queue; ``orders`` are those under way and those that wait, in their order, ``over`` the others.

    ``films`` are made beside them, in their order; they need no device. ``cards`` is what the workers' cards were
    measured to gain together, None where that was never measured. ``pictures`` need a worker's device, as orders
    do, and are in an order of their own: a worker takes them up between two chains. ``pictures_over`` are the others.
    A person sees their own; ``others`` is how many that are not over are somebody else's.
    """

    paused: bool
    workers: tuple[AtWork, ...]
    orders: tuple[Listed, ...]
    films: tuple[ListedFilm, ...]
    pictures: tuple[ListedPictures, ...]
    over: tuple[Listed, ...]
    pictures_over: tuple[ListedPictures, ...] = ()
    cards: CardsMeasured | None = None
    others: int = 0


def overview(*, session: Session, settings: StudioSettings, patience: float = math.inf) -> Overview:
    """The queue as it is. Forecasts that are not made after ``patience`` seconds are left out, and made next time."""
    with everybodys(session) as whole:
        seen = _seen(whole, session, settings, patience)
    return seen if viewer_of(session) is None else _own(seen, set(session.exec(select(Project.id)).all()))


def _own(seen: Overview, own: Collection[str]) -> Overview:
    """What a person sees of the queue, to whom the projects ``own`` belong; others' work counts in when it is done."""
    orders = tuple(one for one in seen.orders if one.order.project_id in own)
    films = tuple(one for one in seen.films if one.film.project_id in own)
    pictures = tuple(one for one in seen.pictures if one.order.project_id in own)
    ids = {one.order.id for one in orders}
    return replace(
        seen,
        workers=tuple(
            at if at.order is None or at.order.id in ids else replace(at, order=None, shot="", for_others=True)
            for at in seen.workers
        ),
        orders=orders,
        films=films,
        pictures=pictures,
        others=len(seen.orders + seen.films + seen.pictures) - len(orders + films + pictures),
    )


def _seen(session: Session, own: Session, settings: StudioSettings, patience: float) -> Overview:
    """All that is not over, and of what is the newest that ``own`` sees."""
    until = time.monotonic() + patience
    workers = live_workers(session=session)
    orders, over = unfinished(session=session), finished(session=own, most=MOST_FINISHED)
    films = unfinished_films(session=session)
    pictures = unfinished_pictures(session=session)
    pictures_over = finished_pictures(session=own, most=MOST_FINISHED)
    of_orders = {order.project_id for order in (*orders, *over)}
    of_others = {film.project_id for film in films} | {order.project_id for order in (*pictures, *pictures_over)}
    names = _names(session, of_orders | of_others)
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
        films=_listed_films(session, films, names),
        pictures=_listed_pictures(session, pictures, names, workers),
        pictures_over=_listed_pictures(session, pictures_over, names, workers),
        over=tuple(Listed(order, names.get(order.project_id, ""), None, None, None) for order in over),
        cards=cards_together(settings, workers),
    )


def cards_together(settings: StudioSettings, workers: Sequence[Worker]) -> CardsMeasured | None:
    """What the cards of ``workers``, each or together, were measured to gain on one shot; None where they were not."""
    sold = Counter(part for worker in workers for part in worker.hardware.split(" + "))
    # Other computers' workers may be at work beside this one's cards.
    theirs = [one for one in read_measured(settings.home).values() if not Counter(one.names) - sold]
    return max(theirs, key=lambda one: len(one.names), default=None)


def seconds_ahead(*, session: Session, settings: StudioSettings, urgent: bool) -> float:
    """How many seconds of work come before an order that would be given now, as far as that is known."""
    with everybodys(session) as whole:
        seen = overview(session=whole, settings=settings, patience=1.0)
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
    key = (order.id, order.runs, order.status == "running", order.stopping)
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
    if order.plan is not None and order.stopping:
        return foreteller.foretell_section(RenderPlan.from_json(order.plan))
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


def _listed_films(session: Session, films: Sequence[Film], names: Mapping[str, str]) -> tuple[ListedFilm, ...]:
    # Timelines are large, and nobody asks for them here.
    asked = select(Film.id, col(Film.order)["format"].as_string(), col(Film.order)[WORK].as_float())
    rows = session.exec(asked.where(col(Film.id).in_([film.id for film in films]))).all()
    wanted = {id: (format, work) for id, format, work in rows}
    listed, ahead = [], Lasts()
    for film in films:
        format, work = wanted.get(film.id, (None, None))
        lasts = film_lasts(session=session, format=format or "h264", work=work or 1.0).times(1.0 - film.share)
        done = None
        if not film.paused:
            ahead += lasts
            present = now()
            done = (present + dt.timedelta(seconds=ahead.low), present + dt.timedelta(seconds=ahead.high))
        listed.append(ListedFilm(film, names.get(film.project_id, ""), lasts, done))
    return tuple(listed)


def _listed_pictures(
    session: Session, orders: Sequence[PictureOrder], names: Mapping[str, str], workers: Sequence[Worker]
) -> tuple[ListedPictures, ...]:
    ids = {order.shot_id for order in orders}
    labels = {shot.id: shot.label for shot in session.exec(select(Shot).where(col(Shot.id).in_(ids))).all()}
    return tuple(
        ListedPictures(
            order=order,
            project=names.get(order.project_id, ""),
            shot=labels.get(order.shot_id, ""),
            lasts=rest_of(session, order, workers) if order.status in UNFINISHED else None,
        )
        for order in orders
    )


def rest_of(session: Session, order: PictureOrder, workers: Sequence[Worker]) -> Lasts | None:
    """How long what pictures are still to be made of an order will take; None while nobody can say."""
    # What was made before a worker began again took none of the time that is counted.
    left = seconds_left(order, now()) if order.begun == 1 else None
    if left is not None:
        return Lasts(left, left, left)
    lacking = order.count - len(order.media_ids)
    return pictures_last(session=session, workers=workers, kind=PictureKind.of(order), count=lacking)


def _names(session: Session, ids: Collection[str]) -> dict[str, str]:
    return dict(session.exec(select(Project.id, Project.name).where(col(Project.id).in_(ids))).all())


def _progress(session: Session, orders: Sequence[Render]) -> dict[str, Progress]:
    ids = [order.id for order in orders if order.status == "running"]
    rows = session.exec(select(Progress).where(col(Progress.render_id).in_(ids))).all()
    return {row.render_id: row for row in rows}


def _at_work(session: Session, worker: Worker, orders: Sequence[Render]) -> AtWork:
    running = [one for one in orders if one.status == "running"]
    order = next((one for one in running if one.id == worker.render_id), None)
    shot = session.get(Shot, worker.shot_id) if order is not None and worker.shot_id is not None else None
    if order is None:
        # Whoever began it plans it, or is between two of its shots.
        order = next((one for one in running if one.executor == worker.executor_id), None)
    stages: list[Speed] = []
    for stage in ("sample", "decode"):
        query = select(Speed).where(Speed.hardware == worker.hardware, Speed.stage == stage)
        last = session.exec(query.order_by(col(Speed.created_at).desc()).limit(1)).first()
        stages += [last] if last is not None else []
    section = sum(stage.seconds for stage in stages) if stages else None
    made_with = f"{stages[0].checkpoint} {stages[0].setting.split(',')[0]}" if stages else ""
    return AtWork(worker, order, shot.label if shot is not None else "", section, made_with)
