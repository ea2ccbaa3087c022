"""``python -m projects queue`` and what ``render`` says beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from projects.__main__ import main
from projects.database.opening import session_for
from projects.queue.deliveries import Delivery
from projects.queue.film_orders import order_film
from projects.queue.orders import enqueue_render
from projects.settings import StudioSettings
from tests.support.plain_pictures import png
from tests.support.studio_at_work import StudioAtWork
from tests.support.waiting_pictures import waiting_pictures


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


def test_films_are_steered_as_renders_are(work: StudioAtWork, capsys: pytest.CaptureFixture[str]) -> None:
    work.render(*work.shots)
    with session_for(work.database) as session:
        first, second = [
            order_film(
                session=session, settings=work.settings, project_id=work.project.id, delivery=Delivery(format)
            ).id
            for format in ("gif", "webp")
        ]
        session.commit()
    assert main(["queue", "move", second[:8], "--before", first[:8]]) == 0
    assert main(["queue", "pause", first]) == 0
    found = listed(capsys)["films"]
    assert [(one["id"], one["state"], one["done_at"] is None) for one in found] == [
        (second, "queued", False),
        (first, "paused", True),
    ]
    assert all(one["seconds_likely"] > 0.0 for one in found)
    assert main(["queue", "resume", first]) == 0
    assert main(["queue", "cancel", second]) == 0
    assert [one["id"] for one in listed(capsys)["films"]] == [first]
    render = order(work)
    assert main(["queue", "move", first, "--before", render]) == 2
    assert main(["queue", "move", render, "--before", first]) == 2
    assert "No order is called" in capsys.readouterr().err
    assert main(["queue", "retry", first]) == 2
    assert main(["queue", "list"]) == 0
    assert "film" in capsys.readouterr().out


def test_pictures_from_words_are_listed_moved_paused_cancelled_and_ordered_again(
    work: StudioAtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    with session_for(work.database) as session:
        first, second = (waiting_pictures(session, work.shots[0]) for _ in range(2))
        session.commit()
    found = listed(capsys)["pictures"]
    assert [(one["id"], one["state"], one["made"], one["count"]) for one in found] == [
        (first, "queued", 0, 4),
        (second, "queued", 0, 4),
    ]
    assert main(["queue", "move", second, "--before", first]) == 0
    assert main(["queue", "pause", first]) == 0
    found = listed(capsys)["pictures"]
    assert [(one["id"], one["state"], one["seconds_left"]) for one in found] == [
        (second, "queued", None),
        (first, "paused", None),
    ]
    assert main(["queue", "list"]) == 0
    said = capsys.readouterr().out
    assert "0 of 4" in said
    assert "how long they take is measured with the first" in said
    assert main(["queue", "resume", first]) == 0
    assert main(["queue", "retry", first]) == 2
    assert "not over yet" in capsys.readouterr().err
    assert main(["queue", "cancel", first]) == 0
    found = listed(capsys)
    assert [one["id"] for one in found["pictures"]] == [second]
    assert [(one["id"], one["state"]) for one in found["pictures_over"]] == [(first, "cancelled")]
    assert main(["queue", "retry", first]) == 0
    assert main(["queue", "move", second]) == 0
    assert [one["id"] for one in listed(capsys)["pictures"]] == [first, second]
    assert main(["queue", "move", second, "--before", order(work)]) == 2
    assert "No order is called" in capsys.readouterr().err


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
