"""A studio that other computers would reach without a decision and a password does not start, or answers nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.door.door import Door
from pages.door.doorway import door_routes
from projects.door.password import set_password
from projects.settings import CHECKOUT, StudioSettings
from tests.support.running_studio import free_port


def started(home: Path, address: str, **further: str) -> tuple[int, str]:
    """The status of a studio that ends by itself, and what it said."""
    environment = {**os.environ, "STUDIO_HOME": str(home), "STREAMLIT_SERVER_ADDRESS": address, **further}
    command = [sys.executable, "-m", "streamlit", "run", "studio_app.py", "--server.port", str(free_port())]
    ended = subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("address", "share", "says"),
    [
        ("0.0.0.0", "", "That needs STUDIO_SHARE=1"),
        ("0.0.0.0", "1", "there is no password yet"),
        ("127.0.0.1", "1", "there is no password yet"),
        ("127.0.0.1", "perhaps", "neither yes nor no"),
    ],
)
def test_it_refuses_to_start_with_one_sentence(tmp_path: Path, address: str, share: str, says: str) -> None:
    status, said = started(tmp_path / "home", address, STUDIO_SHARE=share)
    assert status != 0
    assert says in said
    assert "Traceback" not in said
    assert not (tmp_path / "home").exists()


def test_the_command_refuses_it_too_before_anything_is_started(tmp_path: Path) -> None:
    environment = {**os.environ, "STUDIO_HOME": str(tmp_path / "home"), "STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}
    whole = [sys.executable, "-m", "projects", "serve", "start", "--port", str(free_port())]
    for further, says in (([], "That needs STUDIO_SHARE=1"), (["--share"], "there is no password yet")):
        for background in ([], ["--background"]):
            refused = subprocess.run(
                [*whole, *further, *background],
                cwd=CHECKOUT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert refused.returncode == 2
            assert says in refused.stderr
    assert not (tmp_path / "home").exists()


def behind(door: dict[str, Any]) -> Starlette:
    def everything(_: Request) -> PlainTextResponse:
        return PlainTextResponse("inside")

    app = Starlette(routes=[*door_routes(), Route("/{rest:path}", everything)])
    app.add_middleware(Door, **door)
    return app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudioSettings:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STUDIO_SHARE", raising=False)
    return StudioSettings.from_environment({"STUDIO_HOME": str(tmp_path / "home")})


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_studio_that_is_not_shared_asks_this_computer_nothing(host: str) -> None:
    client = TestClient(behind({"address": "127.0.0.1", "names": [], "encrypted": False}), f"http://{host}")
    assert client.get("/").text == "inside"
    assert "not shared" in client.get("/door").text


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("host", ["192.168.1.5", "0.0.0.0", "studio.local"])
def test_where_another_server_listens_elsewhere_it_answers_nobody(host: str) -> None:
    client = TestClient(behind({"address": "127.0.0.1", "names": [], "encrypted": False}), f"http://{host}")
    for path in ("/", "/api/projects", "/_stcore/health"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "STUDIO_SHARE=1" in answer.text


def test_a_server_that_does_not_ask_at_its_start_is_refused_at_every_request(home: StudioSettings) -> None:
    client = TestClient(behind({"address": None, "names": [], "encrypted": False}), "http://127.0.0.1")
    assert client.get("/").status_code == 503
    assert not home.home.exists()


def test_a_damaged_password_lets_nobody_in_and_says_so(home: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_SHARE", "1")
    set_password(home, "correct horse battery")
    client = TestClient(behind({"address": "0.0.0.0", "names": [], "encrypted": False}), "http://192.168.1.5")
    assert client.get("/").status_code == 401
    client.cookies.set("studio-session", "any")
    (home.door_dir / "password.json").write_text("{", encoding="utf-8")
    assert client.get("/").status_code == 503
    assert "damaged, so nobody is let in" in client.get("/").text
    entered = client.post("/door", data={"password": "correct horse battery"}, follow_redirects=False)
    assert entered.status_code == 503
    assert "damaged, so nobody is let in" in entered.text


def test_another_password_ends_every_session_of_a_studio_that_runs(
    home: StudioSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_SHARE", "1")
    set_password(home, "correct horse battery")
    client = TestClient(behind({"address": "0.0.0.0", "names": [], "encrypted": False}), "http://192.168.1.5")
    client.post("/door", data={"password": "correct horse battery"})
    assert client.get("/").text == "inside"
    set_password(home, "another horse battery")
    assert client.get("/").status_code == 401
    client.post("/door", data={"password": "another horse battery"})
    assert client.get("/").text == "inside"


def test_a_form_longer_than_any_of_ours_is_no_password(home: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_SHARE", "1")
    set_password(home, "correct horse battery")
    client = TestClient(behind({"address": "0.0.0.0", "names": [], "encrypted": False}), "http://192.168.1.5")
    form = {"password": "correct horse battery", "more": "x" * 1_000_000}
    assert client.post("/door", data=form).status_code == 401
