"""Projects through the interface: made, changed by what was seen, copied, put away and brought back; the journal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.api.conftest import Interface


@pytest.fixture
def project(api: Interface) -> str:
    return str(api.post("/api/projects", {"name": "灯塔"})["id"])


def names(api: Interface, **query: object) -> list[str]:
    return [card["name"] for card in api.get("/api/projects", **query)]


def add(api: Interface, project: str, *prompts: str) -> list[str]:
    made = api.post(f"/api/projects/{project}/shots", {"shots": [{"prompt": prompt} for prompt in prompts]})
    return [shot["id"] for shot in made["shots"]]


def prompts(api: Interface, project: str) -> list[str]:
    return [row["prompt"] for row in api.get(f"/api/projects/{project}/board")["shots"]]


def test_a_project_is_made_and_read(api: Interface, project: str) -> None:
    made = api.get(f"/api/projects/{project}")

    assert (made["name"], made["version"], made["checkpoint"], made["seed"]) == ("灯塔", 1, "draft", "0")
    card = api.get("/api/projects")[0]
    assert (card["id"], card["shots"], card["seconds"], card["poster"]) == (project, 0, 0, None)
    assert (card["state"], card["kind"]) == ("No shots yet", "empty")


def test_only_what_is_sent_of_a_project_is_changed(api: Interface, project: str) -> None:
    changed = api.patch(f"/api/projects/{project}", {"changes": {"words_before": "By night,", "steps": 3}})
    again = api.patch(f"/api/projects/{project}", {"changes": {"steps": None}})

    assert (changed["words_before"], changed["steps"], changed["version"]) == ("By night,", 3, 2)
    assert (again["words_before"], again["steps"], again["version"]) == ("By night,", None, 3)


def test_a_large_seed_may_be_sent_as_a_text_or_a_number(api: Interface, project: str) -> None:
    for seed in (2**63 - 1, str(2**63 - 1)):
        assert api.patch(f"/api/projects/{project}", {"changes": {"seed": seed}})["seed"] == str(2**63 - 1)
    for seed in ("-1", "1.5", "", "²", str(2**63), 1.5, True):
        assert api.patch(f"/api/projects/{project}", {"changes": {"seed": seed}}, 400)["field"] == "changes.seed"


def test_a_value_that_the_domain_refuses_is_refused_by_its_field(api: Interface, project: str) -> None:
    refused = api.patch(f"/api/projects/{project}", {"changes": {"steps": 1000}}, 400)

    assert (refused["error"], refused["field"]) == ("invalid-request", "steps")
    assert refused["message"] == "This cannot be: 1000 is not between 1 and 100."


def test_who_changes_what_another_changed_meanwhile_is_told(api: Interface, project: str) -> None:
    address = f"/api/projects/{project}"
    api.patch(address, {"version": 1, "was": {"name": "灯塔"}, "changes": {"name": "Mine"}})

    refused = api.patch(address, {"version": 1, "was": {"name": "灯塔"}, "changes": {"name": "Yours"}}, 409)
    assert (refused["error"], refused["theirs"], refused["version"]) == ("changed-meanwhile", {"name": "Mine"}, 2)
    assert api.get(address)["name"] == "Mine"

    other = api.patch(address, {"version": 1, "was": {"steps": None}, "changes": {"steps": 5}})
    assert (other["name"], other["steps"]) == ("Mine", 5)


def test_a_project_is_put_away_and_brought_back(api: Interface, project: str) -> None:
    api.post(f"/api/projects/{project}/delete")
    assert names(api) == []
    api.post(f"/api/projects/{project}/restore")
    assert names(api) == ["灯塔"]


def test_a_project_is_put_into_the_archive_and_taken_out(api: Interface, project: str) -> None:
    assert api.post(f"/api/projects/{project}/archive")["archived"]
    assert names(api) == []
    assert names(api, archived=True) == ["灯塔"]
    assert not api.post(f"/api/projects/{project}/unarchive")["archived"]
    assert names(api) == ["灯塔"]


def test_a_copy_of_a_project_has_its_shots(api: Interface, project: str) -> None:
    add(api, project, "Waves.", "Gulls.")
    copy = api.post(f"/api/projects/{project}/duplicate")

    assert copy["name"] == "灯塔 (copy)"
    assert prompts(api, copy["id"]) == ["Waves.", "Gulls."]


def test_every_edit_can_be_undone_and_done_again(api: Interface, project: str) -> None:
    (shot,) = add(api, project, "Waves.")
    api.patch(f"/api/shots/{shot}", {"changes": {"prompt": "Storm."}})
    address = f"/api/projects/{project}"

    undone = api.post(f"{address}/undo")
    assert (undone["kind"], undone["shot_ids"]) == ("edit-shot", [shot])
    assert prompts(api, project) == ["Waves."]
    assert api.post(f"{address}/undo")["kind"] == "add-shots"
    assert prompts(api, project) == []
    refused = api.post(f"{address}/undo", status=400)
    assert (refused["error"], refused["message"]) == ("nothing-to-undo", "There is nothing to undo.")

    api.post(f"{address}/redo")
    api.post(f"{address}/redo")
    assert prompts(api, project) == ["Storm."]
    assert api.post(f"{address}/redo", status=400)["error"] == "nothing-to-redo"


def test_the_journal_lists_the_edits_and_the_board_says_what_can_be_undone(api: Interface, project: str) -> None:
    def can() -> tuple[bool, bool]:
        said = api.get(f"/api/projects/{project}/board")["project"]
        return said["can_undo"], said["can_redo"]

    assert can() == (False, False)
    (shot,) = add(api, project, "Waves.")
    api.patch(f"/api/projects/{project}", {"changes": {"fit": "fit"}})
    assert can() == (True, False)
    api.post(f"/api/projects/{project}/undo")
    assert can() == (True, True)

    def short(edit: Any) -> tuple[object, ...]:
        return edit["number"], edit["kind"], edit["shot_ids"], edit["undone"]

    edits = api.get(f"/api/projects/{project}/history")
    assert [short(edit) for edit in edits] == [(2, "edit-project", [], True), (1, "add-shots", [shot], False)]
    assert len(api.get(f"/api/projects/{project}/history", limit=1)) == 1
    assert api.get(f"/api/projects/{project}/history", 400, limit=0)["field"] == "limit"
