from __future__ import annotations

import datetime as dt

import pytest

from framepack.checkpoints.table import checkpoint_named
from framepack.shots.presets import PRESETS
from projects.database.opening import session_for
from projects.database.tables import Render, Worker
from projects.forecast.asking import Asking, best_by, next_time
from projects.forecast.foretelling import Forecast, Foreteller
from projects.forecast.speeds import Timed, decoding, note_speed, sampling
from projects.queue.orders import stop_after_section
from projects.queue.overview import forecast_of
from projects.settings import StudioSettings
from tests.support.rendering import fresh
from tests.support.studio_at_work import StudioAtWork

WORKER = Worker(executor_id="w", device="cpu", pid=1, host="h", hardware="painted", arithmetic=1e9)


@pytest.fixture
def work(studio: StudioSettings) -> StudioAtWork:
    return StudioAtWork(studio)


def foretold(work: StudioAtWork, *, workers: int = 1, preset: str | None = None) -> Forecast:
    with session_for(work.database) as session:
        foreteller = Foreteller(session=session, settings=work.settings, workers=[WORKER] * workers)
        return asked(work, session).forecast(foreteller, lambda plans: [plan.shot.id for plan in plans], preset)


def asked(work: StudioAtWork, session: object) -> Asking:
    from framepack.checkpoints.identity import checkpoint_identity

    identity = checkpoint_identity(checkpoint_named("draft"), work.settings.engine.models)
    return Asking(session, work.settings, work.project.id, "draft", identity, {})  # type: ignore[arg-type]


def measure(work: StudioAtWork, *, sample: float, decode: float, rest: float) -> None:
    with session_for(work.database) as session:
        settings = work.planned_settings()
        for timed, seconds in (
            (sampling(settings), sample),
            (decoding(settings), decode),
            (Timed("rest", "draft"), rest),
            (Timed("load", "draft"), 3.0),
            (Timed("encode", "draft"), 0.5),
        ):
            note_speed(session=session, hardware="painted", timed=timed, seconds=seconds)
        session.commit()


def test_it_says_how_much_is_new_and_how_much_is_found(work: StudioAtWork) -> None:
    before = foretold(work)
    assert (before.shots, before.found, before.measured) == (3, 0, False)
    assert before.sections == 5
    work.render(work.shots[2])
    after = foretold(work)
    assert (after.shots, after.sections, after.found) == (3, 4, 1)
    work.render(*work.shots)
    assert foretold(work).sections == 0


def test_it_goes_by_what_was_measured_here(work: StudioAtWork) -> None:
    measure(work, sample=2.0, decode=0.5, rest=0.3)
    found = foretold(work)
    # 5 sections, 3 shots, and 4 prompts and pictures that were never encoded; the engine was at work just now.
    assert found.measured
    assert found.takes.likely == pytest.approx(5 * 2.5 + 3 * 0.3 + 4 * 0.5)
    assert found.takes.low < found.takes.likely < found.takes.high
    again = foretold(work, workers=2)
    assert again.lasts.likely == pytest.approx(found.lasts.likely)
    # The chain of two shots is made by one of them.
    assert again.takes.likely == pytest.approx(4 * 2.5 + 2 * 0.3 + 4 * 0.5)


def test_an_order_that_ends_after_its_section_is_foretold_to_take_that_long(work: StudioAtWork) -> None:
    measure(work, sample=2.0, decode=0.5, rest=0.3)
    order = work.order(*work.shots)
    work.plan(order)
    with session_for(work.database) as session:
        stop_after_section(session=session, render_id=order)
        session.commit()
    with session_for(work.database) as session:
        foreteller = Foreteller(session=session, settings=work.settings, workers=[WORKER])
        row = session.get_one(Render, order)
        found = forecast_of(session=session, settings=work.settings, foreteller=foreteller, order=row)
        assert found is not None
        assert (found.shots, found.sections, found.measured) == (1, 1, True)
        assert found.takes.likely == pytest.approx(2.8)
        work.render(*work.shots)
        nothing = forecast_of(session=session, settings=work.settings, foreteller=foreteller, order=row)
        assert nothing is not None
        assert (nothing.sections, nothing.takes.likely) == (0, 0.0)


def test_the_best_preset_that_is_done_in_time_is_taken(work: StudioAtWork) -> None:
    measure(work, sample=60.0, decode=1.0, rest=0.0)
    with session_for(work.database) as session:
        foreteller = Foreteller(session=session, settings=work.settings, workers=[WORKER])
        presets = asked(work, session).presets(foreteller, lambda plans: [plan.shot.id for plan in plans], 0.0)
    assert [one.preset for one in presets] == list(PRESETS)
    exact, balanced, quick = (one.done_at for one in presets)
    assert best_by(presets, max(exact, balanced, quick)) is presets[0]
    assert best_by(presets, min(exact, balanced, quick) - dt.timedelta(seconds=1)) is None
    with session_for(work.database) as session:
        assert asked(work, session).session.get_one(type(work.project), work.project.id).preset == "exact"


def test_a_time_of_day_is_the_next_one() -> None:
    present = dt.datetime(2026, 3, 1, 17, 30, tzinfo=dt.UTC)
    assert next_time(18, 0, present) == dt.datetime(2026, 3, 1, 18, 0, tzinfo=dt.UTC)
    assert next_time(6, 0, present) == dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)


def test_what_was_foretold_and_what_it_took_are_kept_with_the_order(work: StudioAtWork) -> None:
    order = work.order(*work.shots)
    work.carry_out(order)
    kept = fresh(work.database, order)
    assert kept.forecast is not None
    assert Forecast.from_json(kept.forecast).sections == 5
    assert kept.seconds_spent > 0.0
