"""What the interface says of orders before and while they wait: forecasts, the queue, and how it is steered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session

from framepack.device.cards_measured import CardsMeasured
from pages.api.answers import (
    AfterwardsAnswer,
    FilmAnswer,
    ForecastAnswer,
    OrderAnswer,
    PresetAnswer,
    QueueAnswer,
    QueuedFilm,
    QueuedPictures,
    RenderAnswer,
    WorkerAnswer,
)
from pages.api.asking import Asked, Nothing, Query
from pages.api.bodies import MovedOrder, OfForecast
from pages.api.films import film_answer
from pages.api.renders import render_answer, weights_needed
from pages.board.foretold import forecast_words
from pages.board.rows import phase_words
from pages.look.language import number_text, t
from pages.look.text import said, span_text, term
from pages.session.database import settings
from pages.session.weights import weights_names
from projects.database.tables import Render
from projects.forecast.asking import Asking, best_by
from projects.forecast.foretelling import Forecast, Foreteller
from projects.imaging.ordering import cancel_pictures
from projects.messages import read
from projects.queue.film_steering import move_film, pause_film, resume_film
from projects.queue.orders import active_renders, is_urgent, live_workers, what_changed
from projects.queue.overview import AtWork, Listed, ListedPictures, overview, seconds_ahead
from projects.queue.passing_faults import goes_on_by_itself, pictures_go_on_by_themselves
from projects.queue.picture_steering import move_pictures, pause_pictures, resume_pictures, retry_pictures
from projects.queue.steering import (
    clear_finished,
    move_order,
    pause_order,
    pause_queue,
    resume_order,
    resume_queue,
    retry_order,
)
from projects.storyboard.reading import shots_of
from projects.takes.staleness import ShotPlan, own_checkpoints

# As long as a page waits for forecasts before it is given what there is.
PATIENCE_SECONDS = 0.3


def forecast(asked: Asked[Nothing, OfForecast]) -> ForecastAnswer:
    """What an order of a shot, or of all that changed, would come to; nothing is ordered."""
    session, made_for = asked.session, asked.query.pass_
    identity = weights_needed(session, asked.id, made_for)
    shots = shots_of(session=session, project_id=asked.id)
    others = weights_names(own_checkpoints(shots), settings().engine.models)
    asking = Asking(session, settings(), asked.id, made_for, identity, others)
    foreteller = Foreteller(session=session, settings=settings(), workers=live_workers(session=session))
    renders = active_renders(session=session, project_id=asked.id)

    def wanted(plans: Sequence[ShotPlan]) -> Collection[str]:
        return what_changed(plans, renders, made_for) if asked.query.shot is None else [asked.query.shot]

    ahead = seconds_ahead(session=session, settings=settings(), urgent=is_urgent(made_for))
    found = asking.forecast(foreteller, wanted)
    presets = asking.presets(foreteller, wanted, ahead) if asked.query.presets else []
    best = best_by(presets, asked.query.by) if asked.query.by else None
    earliest, latest = found.done_at(ahead)
    return ForecastAnswer(
        shots=found.shots,
        sections=found.sections,
        found_sections=found.found,
        seconds_low=round(found.takes.low, 2),
        seconds_likely=round(found.takes.likely, 2),
        seconds_high=round(found.takes.high, 2),
        seconds_ahead=round(ahead, 2),
        done_from=earliest,
        done_to=latest,
        measured=found.measured,
        hardware=found.hardware,
        words=forecast_words(found),
        presets=[
            PresetAnswer(
                preset=one.preset,
                title=term("preset", one.preset),
                lasts=span_text(one.forecast.takes.low, one.forecast.takes.high),
                seconds_likely=round(one.forecast.takes.likely, 2),
                done_to=one.done_at,
                in_time=None if asked.query.by is None else one.done_at <= asked.query.by,
            )
            for one in presets
        ],
        best=best.preset if best else None,
    )


def queue(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """All orders of all projects: those under way, those that wait, in their order, and those that are over."""
    return _queue(asked.session)


def pause_all(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """Have everything wait; what is under way ends after its section."""
    pause_queue(session=asked.session)
    return _queue(asked.session)


def resume_all(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """Have the queue go on."""
    resume_queue(session=asked.session)
    return _queue(asked.session)


def clear(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """List what is over no longer; takes and films stay."""
    clear_finished(session=asked.session)
    return _queue(asked.session)


def pause(asked: Asked[Nothing, Query]) -> RenderAnswer:
    """Have an order wait until it is resumed; a worker that is at it ends after its section."""
    return render_answer(asked.session, pause_order(session=asked.session, render_id=asked.id))


def resume(asked: Asked[Nothing, Query]) -> RenderAnswer:
    """Have an order that is paused go on."""
    return render_answer(asked.session, resume_order(session=asked.session, render_id=asked.id))


def retry(asked: Asked[Nothing, Query]) -> RenderAnswer:
    """Order again what failed or was cancelled."""
    return render_answer(asked.session, retry_order(session=asked.session, render_id=asked.id))


def move(asked: Asked[MovedOrder, Query]) -> QueueAnswer:
    """Put an order that waits before another, or last."""
    move_order(session=asked.session, render_id=asked.id, before=asked.body.before)
    return _queue(asked.session)


def pause_one_film(asked: Asked[Nothing, Query]) -> FilmAnswer:
    """Have a film wait until it is resumed; the pieces of it that are finished stay."""
    return film_answer(pause_film(session=asked.session, film_id=asked.id))


def resume_one_film(asked: Asked[Nothing, Query]) -> FilmAnswer:
    """Have a film that is paused go on."""
    return film_answer(resume_film(session=asked.session, film_id=asked.id))


def move_one_film(asked: Asked[MovedOrder, Query]) -> QueueAnswer:
    """Put a film that waits before another, or last."""
    move_film(session=asked.session, film_id=asked.id, before=asked.body.before)
    return _queue(asked.session)


def cancel_order_of_pictures(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """Call pictures from words off; those that are made stay."""
    cancel_pictures(session=asked.session, settings=settings(), order_id=asked.id)
    return _queue(asked.session)


def pause_order_of_pictures(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """Have pictures from words wait until they are resumed; those that are made stay."""
    pause_pictures(session=asked.session, order_id=asked.id)
    return _queue(asked.session)


def resume_order_of_pictures(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """Have pictures from words that are paused go on."""
    resume_pictures(session=asked.session, order_id=asked.id)
    return _queue(asked.session)


def retry_order_of_pictures(asked: Asked[Nothing, Query]) -> QueueAnswer:
    """Order pictures from words again that failed or were cancelled; only what they lack is made."""
    retry_pictures(session=asked.session, order_id=asked.id)
    return _queue(asked.session)


def move_order_of_pictures(asked: Asked[MovedOrder, Query]) -> QueueAnswer:
    """Put pictures from words that wait before others, or last."""
    move_pictures(session=asked.session, order_id=asked.id, before=asked.body.before)
    return _queue(asked.session)


def _queue(session: Session) -> QueueAnswer:
    seen = overview(session=session, settings=settings(), patience=PATIENCE_SECONDS)
    return QueueAnswer(
        paused=seen.paused,
        workers=[_worker(at) for at in seen.workers],
        orders=[_order(one) for one in seen.orders],
        films=[
            QueuedFilm(
                id=one.film.id,
                project_id=one.film.project_id,
                project=one.project,
                name=one.film.name,
                status=one.film.status,
                share=one.film.share,
                paused=one.film.paused,
                waits=not one.film.handed_over,
                lasts=span_text(one.lasts.low, one.lasts.high),
                measured=one.lasts.measured,
                done_from=one.done_at[0] if one.done_at else None,
                done_to=one.done_at[1] if one.done_at else None,
            )
            for one in seen.films
        ],
        pictures=[_pictures(one) for one in seen.pictures],
        over=[_order(one) for one in seen.over],
        pictures_over=[_pictures(one) for one in seen.pictures_over],
        cards=_cards(seen.cards),
        others=seen.others,
    )


def _pictures(one: ListedPictures) -> QueuedPictures:
    order, lasts = one.order, one.lasts
    return QueuedPictures(
        id=order.id,
        project_id=order.project_id,
        project=one.project,
        shot_id=order.shot_id,
        shot=one.shot,
        status=order.status,
        share=order.share,
        made=len(order.media_ids),
        count=order.count,
        paused=order.paused,
        waits=order.status == "queued" and not order.handed_over,
        lasts="" if lasts is None else span_text(lasts.low, lasts.high),
        measured=lasts is not None and lasts.measured,
        problem=said(read(order.error)) if order.error else None,
        goes_on=pictures_go_on_by_themselves(order),
        finished_at=order.finished_at,
    )


def _cards(measured: CardsMeasured | None) -> str:
    if measured is None:
        return ""
    gain = number_text(round(measured.gain, 2), 2)
    if measured.pays:
        return t("Together these cards make a shot {gain} times as fast as the fastest alone.").format(gain=gain)
    return t(
        "Together these cards would make a shot {gain} times as fast as the fastest alone: too little, so each makes"
        " shots of its own."
    ).format(gain=gain)


def _worker(at: AtWork) -> WorkerAnswer:
    worker = at.worker
    speed = ""
    if at.section is not None:
        speed = t("{seconds} s a section ({settings})").format(
            seconds=number_text(round(at.section, 1), 1), settings=at.made_with
        )
    return WorkerAnswer(
        device=worker.device,
        hardware=worker.hardware,
        memory_bytes=worker.memory_bytes,
        seconds_a_section=at.section,
        speed=speed,
        order_id=at.order.id if at.order else None,
        shot=at.shot,
        for_others=at.for_others,
    )


def _order(one: Listed) -> OrderAnswer:
    order, forecast = one.order, one.forecast
    return OrderAnswer(
        id=order.id,
        project_id=order.project_id,
        project=one.project,
        pass_=order.made_for,
        status=order.status,
        paused=order.paused,
        urgent=order.urgent,
        waits=not order.handed_over and order.status in ("queued", "running"),
        shots=len(order.shot_ids),
        sections=forecast.sections if forecast else None,
        words=_words(one),
        lasts=span_text(forecast.takes.low, forecast.takes.high) if forecast and order.finished_at is None else "",
        measured=forecast.measured if forecast else False,
        done_from=one.done_at[0] if one.done_at else None,
        done_to=one.done_at[1] if one.done_at else None,
        afterwards=_afterwards(order),
        problem=said(read(order.error)) if order.error else None,
        ordered_at=order.created_at,
        finished_at=order.finished_at,
    )


def _words(one: Listed) -> str:
    order, progress = one.order, one.progress
    if order.paused and order.status == "queued":
        return t("Paused")
    if order.status == "running" and progress is not None:
        shot = t("shot {n} of {all}").format(n=progress.shot_index, all=progress.shot_count)
        section = t("section {n} of {all}").format(n=progress.section, all=progress.sections)
        return f"{phase_words(progress.phase)} · {shot} · {section}"
    if goes_on_by_itself(order):
        return t("Failed; begins again by itself when the cause is gone")
    words = {
        "queued": t("Waiting"),
        "running": t("Beginning"),
        "done": t("Finished"),
        "failed": t("Failed"),
        "cancelled": t("Cancelled"),
    }
    return words[order.status]


def _afterwards(order: Render) -> AfterwardsAnswer | None:
    if order.forecast is None or order.finished_at is None:
        return None
    foretold = Forecast.from_json(order.forecast).lasts
    return AfterwardsAnswer(
        foretold=round(foretold.likely, 2),
        foretold_low=round(foretold.low, 2),
        foretold_high=round(foretold.high, 2),
        took=round(order.seconds_spent, 2),
    )
