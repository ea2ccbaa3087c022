"""The queue, and what an order would come to, through the interface."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pages.session.database import settings
from tests.pages.api.conftest import Interface
from tests.support.studio_at_work import StudioAtWork


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
