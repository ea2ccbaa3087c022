"""Which cards work on what: chosen by what is ordered, and changed between two sections. Processors stand for cards."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from sqlmodel import Session

from framepack.checkpoints.identity import checkpoint_identity
from framepack.checkpoints.table import checkpoint_named
from framepack.device.cards_measured import CardMeasured, CardsMeasured, keep_measured
from projects.database.opening import open_database, session_for
from projects.database.tables import Render, Start
from projects.generator.card_choice import CardChoice, measured_together
from projects.generator.local_workers import LocalWorkers
from projects.generator.ranks import Layout
from projects.queue.directing import direct_shot
from projects.queue.orders import UNFINISHED, enqueue_render
from projects.queue.steering import pause_queue
from projects.settings import StudioSettings
from projects.storage.places import worker_log_path
from tests.support.checkpoints import build_models
from tests.support.rendering import fresh, small_project, until
from tests.support.studio_at_work import StudioAtWork

FAST = CardMeasured(products=7e14, attention=6e14, sent=1.45e11)
BY_THE_HOST = replace(FAST, sent=4e9)
TWO = ("cpu", "cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = build_models(tmp_path_factory.mktemp("models"))
    checkpoint_identity(checkpoint_named("f1"), found)  # as soon as anything was rendered it is known
    return found


@pytest.fixture
def home(studio: StudioSettings, models: Path) -> StudioSettings:
    """A studio with a tiny model that is published."""
    settings = replace(studio, engine=replace(studio.engine, models=models))
    settings.make_folders()
    return settings


def measured_as(settings: StudioSettings, *cards: CardMeasured) -> None:
    """What two cards can do was measured here before."""
    together = two(*cards)
    keep_measured(settings.home, {", ".join([*together.names, f"torch {torch.__version__}"]): together})


def two(*cards: CardMeasured) -> CardsMeasured:
    return CardsMeasured(("cpu",) * len(cards), cards, peers=True)


def order(
    session: Session, settings: StudioSettings, *shots: tuple[Start, float], checkpoint: str = "f1", about: str = "shot"
) -> Render:
    project, made = small_project(session, settings, *shots, steps=2, about=about)
    project.checkpoint = checkpoint
    session.flush()
    return enqueue_render(session=session, project_id=project.id, shot_ids=[shot.id for shot in made])


def chosen(settings: StudioSettings, now: Layout = "each", card: CardMeasured = FAST) -> Layout:
    return CardChoice(settings, TWO, two(card, card)).layout(now)


LONG: tuple[tuple[Start, float], ...] = (("cut", 30.0),)
CUTS: tuple[tuple[Start, float], ...] = (("cut", 2.0),) * 6


@pytest.mark.parametrize(
    ("shots", "checkpoint", "layout"), [(LONG, "f1", "all"), (CUTS, "f1", "each"), (LONG, "draft", "each")]
)
def test_one_long_chain_gets_all_cards_and_many_cuts_or_the_draft_model_one_each(
    home: StudioSettings, shots: tuple[tuple[Start, float], ...], checkpoint: str, layout: Layout
) -> None:
    database = open_database(home)
    with session_for(database) as session:
        order(session, home, *shots, checkpoint=checkpoint)
        session.commit()
    assert chosen(home) == layout
    database.dispose()


def test_what_waits_is_counted_together_and_nothing_changes_while_all_is_paused_or_over(home: StudioSettings) -> None:
    database = open_database(home)
    assert chosen(home, "all") == "all"
    assert chosen(home, "each") == "each"
    with session_for(database) as session:
        for number in range(4):
            order(session, home, ("cut", 8.0), about=f"order {number}")
        session.commit()
    assert chosen(home) == "each"
    with session_for(database) as session:
        pause_queue(session=session)
        session.commit()
    assert chosen(home, "all") == "all"
    database.dispose()


def test_a_shot_that_is_directed_gets_all_cards(home: StudioSettings) -> None:
    database = open_database(home)
    with session_for(database) as session:
        project, (shot,) = small_project(session, home, ("cut", 4.0), steps=2)
        project.checkpoint = "f1"
        session.flush()
        direct_shot(session=session, shot_id=shot.id)
        session.commit()
    assert chosen(home) == "all"
    database.dispose()


def test_cards_that_gain_too_little_or_cannot_be_measured_make_a_shot_each(home: StudioSettings) -> None:
    database = open_database(home)
    with session_for(database) as session:
        order(session, home, *LONG)
        session.commit()
    assert chosen(home, card=BY_THE_HOST) == "each"
    missing = ("cuda:98", "cuda:99")
    choice = CardChoice(home, missing, measured_together(home, missing))
    assert choice.layout("each") == "each"
    assert choice.workers("each") == missing
    database.dispose()


def test_after_a_loss_each_card_works_alone_for_a_while(home: StudioSettings) -> None:
    database = open_database(home)
    with session_for(database) as session:
        order(session, home, *LONG)
        session.commit()
    choice = CardChoice(home, TWO, two(FAST, FAST))
    assert choice.layout("all") == "all"
    choice.note_loss()
    assert choice.layout("all") == "each"
    database.dispose()


def test_cards_left_over_work_alone_beside_those_that_share(home: StudioSettings) -> None:
    choice = CardChoice(home, [f"cuda:{number}" for number in range(5)], None)
    assert choice.workers("all") == ("cuda:0+cuda:1+cuda:2+cuda:3", "cuda:4")
    assert len(choice.workers("each")) == 5


def test_a_worker_that_is_to_leave_rests_after_its_section_and_another_goes_on(studio: StudioSettings) -> None:
    s = StudioAtWork(studio)
    leave = threading.Event()
    leaving = s.new_worker(studio, leave)
    render_id = s.order(s.shots[0])
    ((place,),) = leaving.plan(render_id, s.job(render_id))
    s.room.between = leave.set
    threading.Thread(target=leaving.make, args=(render_id, 0, place, s.job(render_id)), daemon=True).start()
    assert leave.wait(30)
    leaving.await_rest()
    leaving.forgive()
    (take,) = s.takes(s.shots[0])
    assert (take.status, take.attempts) == ("rendering", 0)
    made = len(s.room.rendered)
    s.room.between = lambda: None
    assert s.carry_out(render_id).status == "done"
    assert len(s.room.rendered) == made + 1
    assert [one.id for one in s.takes(s.shots[0])] == [take.id]
    s.database.dispose()


def test_workers_change_to_all_cards_between_two_sections_of_one_long_shot(home: StudioSettings) -> None:
    measured_as(home, FAST, FAST)
    database = open_database(home)
    with session_for(database) as session:
        # Long enough for the choice, which a process that starts with the worker informs, to come before its end.
        long = order(session, home, ("cut", 12.0)).id
        session.commit()
    with LocalWorkers(home, cards=TWO):
        until(lambda: fresh(database, long).status not in UNFINISHED)
        assert fresh(database, long).status == "done"
        by_one, by_both = (worker_log_path(home, name).read_text() for name in ("cpu", "cpu+cpu"))
        assert "2 cards work on the shot together." in by_both
        assert by_one.count("Made section") + by_both.count("Made section") == 10
    database.dispose()
