"""Large weights are named aside: no page waits for it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from framepack.checkpoints.identity import known_identity
from framepack.checkpoints.table import CHECKPOINTS
from pages.api.routes import api_routes
from pages.session.database import session, settings
from projects.database.tables import ProjectUpdate
from projects.queue.orders import active_renders
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project, edit_project
from projects.storyboard.shots import add_shot
from tests.support.page_driver import open_page, png, text_of, use_studio
from tests.support.pretend_weights import pretend_weights
from tests.support.rendering import until

F1 = CHECKPOINTS["f1"]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights that nobody named yet."""
    use_studio(tmp_path / "studio", monkeypatch)
    folder = tmp_path / "models"
    pretend_weights(F1, folder)
    monkeypatch.setenv("STUDIO_MODELS", str(folder))
    settings().make_folders()
    return folder


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Files are hashed only once this is set, as if they were so large."""
    may_end = threading.Event()
    real = hashlib.file_digest

    def slow(file: object, kind: str) -> object:
        may_end.wait(60)
        return real(file, kind)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", slow)
    return may_end


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A board that asks, as the storyboard has one."""
    with TestClient(Starlette(routes=api_routes())) as opened:
        yield opened


@pytest.fixture
def project(models: Path) -> str:  # noqa: ARG001
    with session() as opened:
        made = create_project(session=opened, name="The sea")
        media = add_picture(session=opened, settings=settings(), data=png(), name="sea.png").media
        add_shot(session=opened, project_id=made.id, prompt="Waves roll in.", media_id=media.id)
        edit_project(session=opened, project_id=made.id, changes=ProjectUpdate(checkpoint="f1"))
        opened.commit()
        return made.id


def test_a_page_is_drawn_while_the_weights_are_read_and_says_so(
    project: str, models: Path, reading: threading.Event
) -> None:
    at = open_page("film.py", project=project)
    assert "The weights are being named" in text_of(at)

    reading.set()
    until(lambda: known_identity(F1, models))

    assert "The weights are being named" not in text_of(at.run())


def test_nothing_can_be_ordered_before_the_weights_are_named(
    project: str, models: Path, reading: threading.Event, client: TestClient
) -> None:
    shown = client.get(f"/api/projects/{project}/board").json()
    assert "The weights are being named" in shown["problem"]
    assert shown["to_render"] == 0

    reading.set()
    until(lambda: known_identity(F1, models))

    assert client.get(f"/api/projects/{project}/board").json()["to_render"] == 1


def test_weights_that_changed_since_the_page_was_drawn_are_not_read_in_a_click(
    project: str, models: Path, reading: threading.Event, client: TestClient
) -> None:
    reading.set()
    client.get(f"/api/projects/{project}/board")
    until(lambda: known_identity(F1, models))
    reading.clear()
    pretend_weights(F1, models)[0].write_text("others")

    refused = client.post(f"/api/projects/{project}/renders", json={"shots": None, "pass": "draft"})
    reading.set()

    assert refused.status_code == 400
    assert "The weights are being named" in refused.json()["message"]
    with session() as opened:
        assert active_renders(session=opened, project_id=project) == []


def test_weights_that_cannot_be_read_are_said_with_their_file(
    project: str, monkeypatch: pytest.MonkeyPatch, client: TestClient
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error", "model.safetensors")

    monkeypatch.setattr(hashlib, "file_digest", refuse)
    until(lambda: _says(client, project, "model.safetensors: Input/output error"))


def _says(client: TestClient, project: str, sentence: str) -> bool:
    return sentence in (client.get(f"/api/projects/{project}/board").json()["problem"] or "")
