"""Sounds through the interface: taken in, drawn, played in pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from pages.session.database import settings
from projects.sound.reading import MAX_SOUND_BYTES
from tests.pages.api.conftest import Interface
from tests.support.sounds import silence, tone, write_sound

FILE = {"content-type": "application/octet-stream"}


@pytest.fixture
def file(tmp_path: Path) -> bytes:
    """A sound whose second half is silent."""
    return write_sound(tmp_path / "a.wav", np.concatenate([tone(1.0, level=0.5), silence(1.0)])).read_bytes()


def left_over() -> list[Path]:
    return [path for path in settings().media_dir.rglob("*") if path.is_file()]


def test_a_sound_is_taken_in_and_plays_in_pieces(client: TestClient, file: bytes) -> None:
    answer = client.post("/api/sounds?name=雨.WAV", content=file, headers=FILE)
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert (kept["name"], kept["seconds"]) == ("雨.WAV", pytest.approx(2.0))

    whole = client.get(kept["url"])
    piece = client.get(kept["url"], headers={"range": "bytes=4-9"})

    assert (whole.content, whole.headers["content-type"]) == (file, "audio/wav")
    assert (piece.status_code, piece.content) == (206, file[4:10])
    assert len(left_over()) == 1


def test_a_kept_sound_is_drawn_as_fine_as_it_is_asked_for(api: Interface, client: TestClient, file: bytes) -> None:
    kept = client.post("/api/sounds", content=file, headers=FILE).json()

    for _ in range(2):
        wave = api.get(f"/api/sounds/{kept['media_id']}/waveform", points=400)
        assert wave["seconds"] == pytest.approx(2.0)
        assert (wave["low"][:190], wave["high"][:190]) == ([-50] * 190, [50] * 190)
        assert (wave["low"][-190:], wave["high"][-190:]) == ([0] * 190, [0] * 190)
    assert len(api.get(f"/api/sounds/{kept['media_id']}/waveform")["low"]) == 1600
    api.get(f"/api/sounds/{kept['media_id']}/waveform", status=400, points=401)
    api.get(f"/api/sounds/{kept['media_id']}/waveform", status=400, points="many")


def test_the_beats_of_silence_are_none(api: Interface, client: TestClient, tmp_path: Path) -> None:
    content = write_sound(tmp_path / "a.wav", silence(1.0)).read_bytes()
    kept = client.post("/api/sounds", content=content, headers=FILE).json()
    assert api.get(f"/api/sounds/{kept['media_id']}/beats") == {"beats": []}


def test_of_what_is_no_sound_nothing_is_drawn(api: Interface) -> None:
    refused = api.get(f"/api/sounds/{'0' * 64}/waveform", status=404)
    assert refused["message"] == "There is no such sound, or its file is no longer there."


@pytest.mark.parametrize("sent", [b"", b"no sound"])
def test_what_is_no_sound_is_refused_and_leaves_nothing(client: TestClient, sent: bytes) -> None:
    answer = client.post("/api/sounds?name=a.mp3", content=sent, headers=FILE)
    assert (answer.status_code, answer.json()["error"]) == (400, "sound-rejected")
    assert answer.json()["message"].startswith("The sound a.mp3 cannot be used: ")
    assert not left_over()


def test_a_sound_that_is_too_large_is_refused_while_it_is_sent(client: TestClient) -> None:
    def large() -> object:
        for _ in range(MAX_SOUND_BYTES // 2**20 + 1):
            yield bytes(2**20)

    answer = client.post("/api/sounds?name=a.wav", content=large(), headers=FILE)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]) == (413, "file-too-long")
    assert "200" in answer.json()["message"]
    assert not left_over()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "multipart/form-data"}, 415),
        ({**FILE, "origin": "http://elsewhere.example"}, 403),
        ({**FILE, "sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_a_foreign_page_cannot_send_a_sound(
    client: TestClient, file: bytes, headers: dict[str, str], status: int
) -> None:
    assert client.post("/api/sounds", content=file, headers=headers).status_code == status
    assert not left_over()
