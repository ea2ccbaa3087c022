"""LoRAs through the interface: taken in, said of, chosen for projects and shots, put away."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pages.session.database import settings
from projects.loras.files import lora_file
from tests.pages.api.conftest import Interface
from tests.support.small_loras import small_lora

FILE = {"content-type": "application/octet-stream"}


@pytest.fixture
def lora(client: TestClient, tmp_path: Path) -> str:
    """The SHA-256 of one in the library."""
    content = small_lora(tmp_path / "rain.safetensors", words="r41n").read_bytes()
    answer = client.post("/api/loras?name=雨.safetensors", content=content, headers=FILE)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


def test_a_lora_is_taken_in_said_of_and_shown(api: Interface, client: TestClient, lora: str) -> None:
    kept = api.get(f"/api/loras/{lora}")
    assert (kept["name"], kept["words"], kept["kind"], kept["rank"]) == ("雨", "r41n", "LoRA", 4)
    drawn = client.get(kept["picture"])
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    changed = api.patch(f"/api/loras/{lora}", {"strength": 0.5, "note": "soft"})
    assert (changed["strength"], changed["note"], changed["name"], changed["version"]) == (0.5, "soft", "雨", 2)
    assert [one["sha256"] for one in api.get("/api/loras")] == [lora]
    assert api.patch(f"/api/loras/{lora}", {"strength": 99}, status=400)["field"] == "strength"
    kept_file = lora_file(settings(), lora)
    assert kept_file is not None
    kept_file.unlink()
    assert api.get(f"/api/loras/{lora}")["state"] == "missing"


def test_projects_and_shots_choose_loras_and_what_is_used_stays(api: Interface, lora: str) -> None:
    project = api.post("/api/projects", {"name": "Harbour"})
    chosen = {"sha256": lora, "name": "雨", "strength": 0.8, "words": "r41n"}
    edited = api.patch(f"/api/projects/{project['id']}", {"changes": {"loras": [chosen]}})
    assert edited["loras"] == [chosen]
    (shot,) = api.post(f"/api/projects/{project['id']}/shots", {"shots": [{"prompt": "a boat"}]})["shots"]
    assert shot["loras"] is None
    own = {"sha256": lora, "strength": -0.5}
    answer = api.patch(f"/api/shots/{shot['id']}", {"changes": {"loras": [own]}})
    assert answer["shot"]["loras"] == [own | {"name": "", "words": ""}]
    answer = api.patch(f"/api/shots/{shot['id']}", {"version": 1, "was": {"loras": [own]}, "changes": {"loras": None}})
    assert answer["shot"]["loras"] is None
    api.patch(f"/api/shots/{shot['id']}", {"changes": {"loras": [own, own]}}, status=400)
    api.patch(f"/api/shots/{shot['id']}", {"changes": {"loras": [{"sha256": "../x"}]}}, status=400)

    assert api.get(f"/api/loras/{lora}")["projects"] == [project["id"]]
    refused = api.post(f"/api/loras/{lora}/delete", status=400)
    assert "by the project “Harbour”" in refused["message"]
    api.post(f"/api/projects/{project['id']}/undo")
    api.post(f"/api/projects/{project['id']}/undo")
    api.patch(f"/api/projects/{project['id']}", {"changes": {"loras": []}})
    api.patch(f"/api/shots/{shot['id']}", {"changes": {"loras": None}})
    api.post(f"/api/loras/{lora}/delete")
    assert api.get("/api/loras") == []
    api.get(f"/api/loras/{lora}", status=404)
    assert api.post(f"/api/loras/{lora}/restore")["sha256"] == lora


def test_what_is_no_lora_is_refused_in_one_sentence_and_not_kept(api: Interface, client: TestClient) -> None:
    answer = client.post("/api/loras?name=a.safetensors", content=b"<!DOCTYPE html>", headers=FILE)
    assert (answer.status_code, answer.json()["error"]) == (400, "lora-rejected")
    assert "a.safetensors" in answer.json()["message"]
    assert api.get("/api/loras") == []
    assert list(settings().home.rglob("*.safetensors")) == []
    assert client.get("/files/loras/..%2f..").status_code == 404
