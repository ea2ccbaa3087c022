"""``python -m projects queue`` and what ``render`` says beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from projects.__main__ import main
from projects.database.opening import session_for
from projects.queue.orders import enqueue_render
from projects.settings import StudioSettings
from tests.support.plain_pictures import png
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def work(studio: StudioSettings, monkeypatch: pytest.MonkeyPatch) -> StudioAtWork:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    return StudioAtWork(studio)


def order(work: StudioAtWork) -> str:
    with session_for(work.database) as session:
        ids = [shot.id for shot in work.shots]
        made = enqueue_render(session=session, project_id=work.project.id, shot_ids=ids).id
        session.commit()
    return made


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["queue", "list", "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def test_the_queue_is_listed_and_steered(work: StudioAtWork, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = order(work), order(work)
    assert main(["queue", "move", second[:8], "--before", first]) == 0
    assert main(["queue", "pause", first]) == 0
    seen = listed(capsys)
    assert [(one["id"], one["state"], one["sections"]) for one in seen["orders"]] == [
        (second, "queued", 5),
        (first, "paused", 5),
    ]
    assert main(["queue", "cancel", second]) == 0
    assert main(["queue", "pause"]) == 0
    assert listed(capsys)["paused"]
    assert main(["queue", "retry", second]) == 0
    again = capsys.readouterr().out.strip()
    assert main(["queue", "resume"]) == 0
    seen = listed(capsys)
    assert ([one["id"] for one in seen["orders"]], seen["over"], seen["paused"]) == ([first, again], [], False)
    assert main(["queue", "list"]) == 0
    assert "paused" in capsys.readouterr().out


def test_an_order_that_there_is_not_is_told(work: StudioAtWork, capsys: pytest.CaptureFixture[str]) -> None:
    order(work)
    assert main(["queue", "cancel", "nothing"]) == 2
    assert "No order is called “nothing”" in capsys.readouterr().err


def test_a_dry_run_says_what_a_storyboard_comes_to_and_keeps_nothing(
    work: StudioAtWork, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sea.png").write_bytes(png(64, 64))
    board = tmp_path / "board.toml"
    shot = '[[shot]]\nprompt = "The sea."\nimage = "sea.png"\nseconds = 1.0\n\n'
    board.write_text(f'title = "Sea"\n\n{shot}{shot.replace("sea.", "waves.", 1)}')
    before = listed(capsys)
    assert main(["render", str(board), "--dry-run", "--device", "cpu"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["shots"], said["sections"], said["found_sections"], said["measured"]) == (2, 2, 0, False)
    low, likely, high = said["seconds"]
    assert 0 < low < likely < high
    assert set(said["presets"]) == {"exact", "balanced", "quick"}
    assert main(["list", "--json"]) == 0
    assert work.project.name in capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    assert "Sea" not in capsys.readouterr().out
    assert listed(capsys) == before
    assert main(["render", str(board), "-o", str(tmp_path / "film.mp4"), "--by", "soon"]) == 2
    assert "is no time of day" in capsys.readouterr().err
    assert main(["render", str(board)]) == 2
    assert "-o FILM.mp4" in capsys.readouterr().err
