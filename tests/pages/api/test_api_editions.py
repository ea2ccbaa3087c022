"""Editions through the interface: made, cut otherwise than the film, compared, put away and brought back."""

from __future__ import annotations

import pytest

from tests.pages.api.conftest import Interface


@pytest.fixture
def project(api: Interface) -> str:
    project = str(api.post("/api/projects", {"name": "灯塔"})["id"])
    shots = [{"prompt": f"Shot {number}.", "seconds": 2.0} for number in range(3)]
    api.post(f"/api/projects/{project}/shots", {"shots": shots})
    return project


def test_an_edition_is_cut_otherwise_and_compared_and_each_edit_is_undone(api: Interface, project: str) -> None:
    made = api.post(f"/api/projects/{project}/editions", {"name": "直式"})
    first, second, third = made["shot_ids"]
    address = f"/api/editions/{made['id']}"
    api.patch(address, {"shape": "tall", "film": {"captions": "burned"}})
    api.patch(f"{address}/shots", {"shot": first, "changes": {"trim_start": 0.5, "dialogue": "喂！"}})
    changed = api.patch(f"{address}/shots", {"shot": second, "left_out": True})
    moved = api.patch(f"{address}/shots", {"shot": third, "place": 0})

    assert (changed["shape"], changed["film"]["captions"]) == ("tall", "burned")
    assert changed["otherwise"][first] == {"trim_start": 0.5, "dialogue": "喂！"}
    assert (moved["shot_ids"], moved["left_out"]) == ([third, first], [second])
    # The film itself is as it was.
    assert api.get(f"/api/shots/{first}")["shot"]["dialogue"] == ""

    told = [one["text"] for one in api.get(f"{address}/differences")]
    assert "captions: none, then in the picture." in told
    copy = api.post(f"/api/projects/{project}/editions", {"name": "直式短版", "of": made["id"]})
    assert api.get(f"/api/editions/{copy['id']}/differences", of=made["id"]) == []

    api.post(f"/api/projects/{project}/undo")
    api.post(f"/api/projects/{project}/undo")
    assert api.get(address)["shot_ids"] == [first, third]
    assert [one["name"] for one in api.get(f"/api/projects/{project}/editions")] == ["直式"]


def test_an_edition_is_put_away_and_brought_back_under_another_name(api: Interface, project: str) -> None:
    made = api.post(f"/api/projects/{project}/editions", {"name": "A"})
    api.post(f"/api/editions/{made['id']}/delete")
    assert api.get(f"/api/projects/{project}/editions") == []
    api.get(f"/api/editions/{made['id']}", status=404)
    assert api.post(f"/api/editions/{made['id']}/restore")["deleted"] is False
    assert api.patch(f"/api/editions/{made['id']}", {"name": "B"})["name"] == "B"


def test_what_an_edition_cannot_be_is_refused(api: Interface, project: str) -> None:
    made = api.post(f"/api/projects/{project}/editions", {"name": "A"})
    address, shot = f"/api/editions/{made['id']}", made["shot_ids"][0]
    api.post(f"/api/projects/{project}/editions", {"name": "a"}, status=400)
    api.patch(address, {"shape": "round"}, status=400)
    api.patch(address, {"film": {"fps": 23}}, status=400)
    api.patch(f"{address}/shots", {"shot": shot, "changes": {"speed": 9.0}}, status=400)
    api.patch(f"{address}/shots", {"shot": shot, "changes": {"prompt": "x"}}, status=400)
    api.patch(f"{address}/shots", {"shot": "0" * 32, "left_out": True}, status=404)
