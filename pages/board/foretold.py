"""What an order would come to, in words: how much of it is new, how much is found, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence

from pages.board.reading import Board
from pages.look.language import t, tn
from pages.look.text import shots_text, span_text
from pages.session.database import session, settings
from projects.forecast.foretelling import Forecast, Foreteller
from projects.queue.orders import live_workers
from projects.storage.shared import section_store
from projects.takes.render_plan import plan_render
from projects.takes.staleness import ShotPlan


def order_forecast(board: Board, shot_ids: Sequence[str]) -> str | None:
    """What rendering these shots comes to, in words; None where they cannot be rendered."""
    wanted = [plan.shot.id for plan in board.plans if plan.shot.id in shot_ids and plan.planned is not None]
    if not wanted or board.weights_problem is not None:
        return None
    store = section_store(settings())
    with session() as opened:
        foreteller = Foreteller(session=opened, settings=settings(), workers=live_workers(session=opened))
        return forecast_words(foreteller.foretell(plan_render(plans=board.plans, wanted=wanted, store=store)))


def section_forecast(board: Board, plan: ShotPlan) -> str | None:
    """How long one more section of a shot takes, in words; None where it cannot be rendered."""
    if plan.planned is None or board.weights_problem is not None:
        return None
    with session() as opened:
        foreteller = Foreteller(session=opened, settings=settings(), workers=live_workers(session=opened))
        lasts = foreteller.of_shot(plan.planned, 1)
    sentence = t("A section takes {lasts}.").format(lasts=span_text(lasts.low, lasts.high))
    return sentence if lasts.measured else f"{sentence} {_estimated()}"


def forecast_words(found: Forecast) -> str:
    """A forecast in a sentence or two, without the time of day, which only the reader's browser knows."""
    if not found.sections:
        return t("All sections are there already; only files are put together.")
    made = tn("{n} section to make", "{n} sections to make", found.sections)
    there = tn("{n} found", "{n} found", found.found)
    lasts = span_text(found.takes.low, found.takes.high)
    sentence = t("{shots}, {sections}, {found}: {lasts}.").format(
        shots=shots_text(found.shots), sections=made, found=there, lasts=lasts
    )
    if found.measured:
        return sentence
    return f"{sentence} {_estimated()}"


def _estimated() -> str:
    return t("This is an estimate, since nothing like it was measured on this computer yet.")
