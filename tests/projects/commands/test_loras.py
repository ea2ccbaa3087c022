"""``python -m projects loras``: the library without the browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from projects.__main__ import main
from projects.settings import StudioSettings
from tests.support.small_loras import small_lora


@pytest.fixture(autouse=True)
def _here(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))


def test_loras_are_added_listed_said_of_shown_and_put_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loras", "list"]) == 0
    assert "There are no LoRAs yet" in capsys.readouterr().err
    files = [
        str(small_lora(tmp_path / name, seed=seed)) for seed, name in enumerate(["a.safetensors", "b.safetensors"])
    ]
    assert main(["loras", "add", *files, "--strength", "0.7", "--words", "r41n"]) == 0
    added = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["name"], one["strength"], one["words"], one["state"]) for one in added] == [
        ("a", 0.7, "r41n", "here"),
        ("b", 0.7, "r41n", "here"),
    ]
    assert Path(added[0]["file"]).read_bytes() == Path(files[0]).read_bytes()

    assert main(["loras", "edit", "a", "--name", "Rain", "--note", "soft"]) == 0
    assert main(["loras", "show", added[0]["sha256"][:8], "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["note"], shown["used"]) == ("Rain", "soft", [])
    assert main(["loras", "show", "Rain"]) == 0
    assert "rank: 4" in capsys.readouterr().out

    assert main(["loras", "remove", "b"]) == 0
    Path(shown["file"]).unlink()
    assert main(["loras", "list"]) == 0
    out = capsys.readouterr().out
    assert "Rain  missing" in out
    assert len(out.splitlines()) == 1
    assert main(["loras", "list", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["Rain"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["add", "gone.safetensors"], "gone.safetensors"),
        (["add", "{a}", "{a}", "--name", "x"], "--name is for one file"),
        (["add", "{a}", "--strength", "99"], "99 is not between -10 and 10"),
        (["show", "nothing"], "nothing"),
        (["remove", "nothing"], "nothing"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence_and_changes_nothing(
    said: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = small_lora(tmp_path / "a.safetensors")
    assert main(["loras", *(one.format(a=file) for one in said)]) == 2
    assert told in capsys.readouterr().err
    assert main(["loras", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
