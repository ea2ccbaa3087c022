"""The queue, and what an order would come to, through the interface."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from framepack.device.cards_measured import CardMeasured, CardsMeasured, keep_measured
from pages.session.database import settings
from projects.database.opening import database_time, session_for
from projects.database.tables import PictureOrder, Worker
from projects.failures import DISK_FULL
from projects.forecast.pictures import PictureKind
from projects.forecast.speeds import note_speed
from projects.messages import stored
from tests.pages.api.conftest import Interface
from tests.support.studio_at_work import StudioAtWork
from tests.support.waiting_pictures import waiting_pictures


@pytest.fixture
def work(api: Interface) -> StudioAtWork:  # noqa: ARG001 (it says which studio is used)
    return StudioAtWork(settings())


def order(api: Interface, work: StudioAtWork, *places: int, **more: Any) -> str:
    body = {"shots": [work.shots[place].id for place in places] or None, **more}
    return str(api.post(f"/api/projects/{work.project.id}/renders", body)["id"])


def test_the_queue_of_all_projects_is_listed_and_steered(api: Interface, work: StudioAtWork) -> None:
    first, second = order(api, work, 0), order(api, work, 2)
    moved = api.post(f"/api/renders/{second}/move", {"before": first})
    assert [one["id"] for one in moved["orders"]] == [second, first]
    api.post(f"/api/renders/{first}/pause")
    assert api.post("/api/queue/pause")["paused"]
    seen = api.get("/api/queue")
    assert [(one["id"], one["words"], one["waits"]) for one in seen["orders"]] == [
        (second, "Waiting", True),
        (first, "Paused", True),
    ]
    assert seen["orders"][0]["sections"] == 1
    assert seen["orders"][0]["done_to"] > seen["orders"][0]["done_from"]
    assert not api.post("/api/queue/resume")["paused"]
    api.post(f"/api/renders/{first}/resume")
    work.carry_out(first)
    api.post(f"/api/renders/{second}/cancel")
    over = {one["id"]: one for one in api.get("/api/queue")["over"]}
    assert over[first]["afterwards"]["took"] > 0
    again = api.post(f"/api/renders/{second}/retry")["id"]
    assert api.post("/api/queue/clear")["over"] == []
    assert [one["id"] for one in api.get("/api/queue")["orders"]] == [again]
    assert api.post(f"/api/renders/{first}/move", {}, 400)["error"] == "order-not-waiting"


def test_pictures_from_words_are_listed_with_the_time_they_will_take_and_called_off(
    api: Interface, work: StudioAtWork
) -> None:
    shot = work.shots[2]
    with session_for(work.database) as session:
        waits = waiting_pictures(session, shot)
        begun = database_time(session) - dt.timedelta(seconds=20)
        made = waiting_pictures(
            session, shot, status="working", begun=1, started_at=begun, share=0.5, media_ids=["0" * 64]
        )
        again = waiting_pictures(session, shot, status="working", begun=2, started_at=begun, share=0.5)
        waiting_pictures(session, shot, status="done")
        session.commit()
    found = {one["id"]: one for one in api.get("/api/queue")["pictures"]}
    assert list(found) == [made, again, waits]
    assert found[made]["shot"] == shot.label
    assert (found[made]["made"], found[made]["count"], found[made]["lasts"]) == (1, 4, "about 20 s")
    assert (found[waits]["status"], found[waits]["lasts"]) == ("queued", "")
    # Half of it was there when a worker began again, so that its time tells nothing of the rest.
    assert found[again]["lasts"] == ""
    left = api.post(f"/api/pictures/{made}/cancel")
    assert [one["id"] for one in left["pictures"]] == [again, waits]
    assert left["pictures_over"][0]["id"] == made
    assert api.post("/api/pictures/none/cancel", {}, 404)["error"] == "not-found"


def test_pictures_from_words_that_wait_are_moved_paused_foretold_and_ordered_again(
    api: Interface, work: StudioAtWork
) -> None:
    with session_for(work.database) as session:
        first, second = (waiting_pictures(session, work.shots[0], steps=4) for _ in range(2))
        kind = PictureKind.of(session.get_one(PictureOrder, first))
        session.commit()
    assert api.get("/api/queue")["pictures"][0]["lasts"] == ""
    with session_for(work.database) as session:
        for timed, seconds in ((kind.loading, 10.0), (kind.timed, 5.0)):
            note_speed(session=session, hardware="Some card", timed=timed, seconds=seconds)
        session.commit()
    moved = api.post(f"/api/pictures/{second}/move", {"before": first})["pictures"]
    assert [one["id"] for one in moved] == [second, first]
    assert {(one["lasts"], one["measured"], one["waits"]) for one in moved} == {
        ("about 25 s to about 35 s", True, True)
    }
    paused = {one["id"]: one["paused"] for one in api.post(f"/api/pictures/{second}/pause")["pictures"]}
    assert paused == {second: True, first: False}
    assert not any(one["paused"] for one in api.post(f"/api/pictures/{second}/resume")["pictures"])
    assert api.post(f"/api/pictures/{first}/retry", {}, 400)["error"] == "order-not-over"
    with session_for(work.database) as session:
        failed = session.get_one(PictureOrder, second)
        failed.status, failed.error, failed.finished_at = "failed", stored(DISK_FULL), database_time(session)
        session.commit()
    (over,) = api.get("/api/queue")["pictures_over"]
    assert (over["id"], over["goes_on"], over["lasts"]) == (second, True, "")
    assert "disk" in over["problem"]
    again = api.post(f"/api/pictures/{second}/retry")
    assert ([one["id"] for one in again["pictures"]], again["pictures_over"]) == ([first, second], [])
    api.post(f"/api/pictures/{second}/cancel")
    assert api.post("/api/queue/clear")["pictures_over"] == []


def test_each_worker_is_listed_with_its_shot_and_what_their_cards_gain_together(
    api: Interface, work: StudioAtWork
) -> None:
    first = order(api, work, 0, 2)
    work.plan(first)
    with session_for(work.database) as session:
        for number, shot in enumerate((work.shots[0], work.shots[2], None)):
            at = (first, shot.id) if shot is not None else (None, None)
            session.add(
                Worker(
                    executor_id=f"worker {number}",
                    device=f"cuda:{number}",
                    pid=number,
                    host="host",
                    hardware="NVIDIA H100" if number < 2 else "NVIDIA H100 + NVIDIA H100",
                    render_id=at[0],
                    shot_id=at[1],
                    beat_at=database_time(session),
                )
            )
        session.commit()
    seen = api.get("/api/queue")
    assert [(one["order_id"], one["shot"]) for one in seen["workers"]] == [
        (first, "SH0010"),
        (first, "SH0030"),
        (None, ""),
    ]
    assert seen["cards"] == ""
    card = CardMeasured(products=6.9e14, attention=6.2e14, sent=1.45e11)
    keep_measured(settings().home, {"four": CardsMeasured(("NVIDIA H100",) * 4, (card,) * 4, peers=True)})
    assert "make a shot 3." in api.get("/api/queue")["cards"]
    slow = replace(card, sent=2e9)
    keep_measured(settings().home, {"four": CardsMeasured(("NVIDIA H100",) * 4, (slow,) * 4, peers=False)})
    assert api.get("/api/queue")["cards"].endswith("too little, so each makes shots of its own.")


def test_what_an_order_would_come_to_is_said_before_it_is_given(api: Interface, work: StudioAtWork) -> None:
    address = f"/api/projects/{work.project.id}/forecast"
    found = api.get(address)
    assert (found["shots"], found["sections"], found["found_sections"], found["presets"]) == (3, 5, 0, [])
    assert found["words"].startswith("3 shots, 5 sections to make, 0 found: ")
    assert "estimate" in found["words"]
    assert api.get(address, shot=work.shots[2].id)["sections"] == 1
    late = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).isoformat()
    best = api.get(address, presets=True, by=late)
    assert (best["best"], [one["in_time"] for one in best["presets"]]) == ("exact", [True, True, True])
    early = (dt.datetime.now(dt.UTC) - dt.timedelta(days=2)).isoformat()
    assert api.get(address, presets=True, by=early)["best"] is None


def test_an_order_may_bring_the_preset_that_is_done_in_time(api: Interface, work: StudioAtWork) -> None:
    order(api, work, preset="quick")
    assert api.get(f"/api/projects/{work.project.id}")["preset"] == "quick"
    api.post(f"/api/projects/{work.project.id}/undo")
    assert api.get(f"/api/projects/{work.project.id}")["preset"] == "exact"
