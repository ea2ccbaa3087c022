"""Takes through the interface: what made each, choosing one, throwing one away, and their single frames."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from framepack.store.section_store import SectionStore
from pages.session.database import session, settings
from projects.database.tables import Take, TakeStatus
from projects.storage.places import take_path
from projects.stories.reading import story_of_bytes
from tests.pages.api.conftest import Interface
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def work(api: Interface) -> StudioAtWork:
    """A project whose first shot has two takes, made of "shot 0" and of "Storm."; the second is chosen."""
    work = StudioAtWork(settings())
    work.render(work.shots[0])
    api.patch(f"/api/shots/{work.shots[0].id}", {"changes": {"prompt": "Storm.", "seed": "9007199254740993"}})
    work.render(work.shots[0])
    return work


def takes(api: Interface, work: StudioAtWork) -> list[Any]:
    return list(api.get(f"/api/shots/{work.shots[0].id}/takes"))


def unfinished(work: StudioAtWork, status: TakeStatus) -> str:
    with session() as opened:
        made = Take(shot_id=work.shots[2].id, number=1, status=status, frames=9, width=64, height=64, fps=30)
        opened.add(made)
        opened.commit()
        return made.id


def test_a_take_says_what_it_was_made_from(api: Interface, work: StudioAtWork) -> None:
    second, first = takes(api, work)

    assert [(one["number"], one["prompt"]) for one in (second, first)] == [(2, "Storm."), (1, "shot 0")]
    assert second["seed"] == "9007199254740993"
    assert (second["checkpoint"], second["steps"], second["start"]) == ("draft", 1, "cut")
    assert (second["preset"], len(second["weights"])) == ("exact", 64)
    assert second["bytes"] == take_path(settings(), second["id"]).stat().st_size
    assert (second["chosen_for"], first["chosen_for"]) == (["draft"], [])
    assert api.get(f"/api/takes/{second['id']}") == second


def test_a_take_plays_and_is_downloaded_under_the_name_of_its_shot(
    api: Interface, client: TestClient, work: StudioAtWork
) -> None:
    take = takes(api, work)[0]

    assert client.get(take["video"]).headers["content-type"] == "video/mp4"
    assert client.get(take["still"]).headers["content-type"] == "image/webp"
    disposition = client.get(take["download"]).headers["content-disposition"]
    assert disposition.startswith('attachment; filename="SH0010 take 2.mp4"')

    beside = client.get(take["story"])
    assert beside.headers["content-disposition"].startswith('attachment; filename="SH0010 take 2.json"')
    carried = story_of_bytes(client.get(take["download"]).content, "take.mp4")
    assert carried is not None
    assert beside.text == carried.text()
    assert client.get(f"/files/takes/{'0' * 32}/story").status_code == 404
    assert client.get(f"/files/films/{'0' * 32}/story").status_code == 404


def test_another_take_is_chosen_and_that_can_be_undone(api: Interface, work: StudioAtWork) -> None:
    first = takes(api, work)[1]

    assert api.post(f"/api/takes/{first['id']}/choose")["chosen_for"] == ["draft"]
    assert api.get(f"/api/shots/{work.shots[0].id}")["shot"]["take"] == first["id"]
    api.post(f"/api/projects/{work.project.id}/undo")
    assert takes(api, work)[0]["chosen_for"] == ["draft"]
    refused = api.post(f"/api/takes/{first['id']}/choose", {"pass": "real"}, 400)
    assert refused["error"] == "take-of-other-pass"


def test_a_take_gets_a_star_and_a_note_and_that_can_be_undone(api: Interface, work: StudioAtWork) -> None:
    take = f"/api/takes/{takes(api, work)[0]['id']}"

    api.patch(take, {"star": True})
    noted = api.patch(take, {"note": "光很好"})
    assert (noted["star"], noted["note"]) == (True, "光很好")
    api.post(f"/api/projects/{work.project.id}/undo")
    assert (api.get(take)["star"], api.get(take)["note"]) == (True, "")
    assert api.patch(take, {"note": "A" * 5000}, 400)["field"] == "note"
    assert api.patch(take, {"star": 1}, 400)["field"] == "star"


def test_what_made_a_take_is_used_again(api: Interface, work: StudioAtWork) -> None:
    first = takes(api, work)[1]

    row = api.post(f"/api/takes/{first['id']}/use-settings")["shot"]
    assert (row["prompt"], row["seed"], row["take"], row["kind"]) == ("shot 0", "0", first["id"], "done")
    api.post(f"/api/projects/{work.project.id}/undo")
    assert api.get(f"/api/shots/{work.shots[0].id}")["shot"]["prompt"] == "Storm."


def test_a_take_is_thrown_away_and_taken_back(api: Interface, work: StudioAtWork) -> None:
    second, first = takes(api, work)

    assert api.post(f"/api/takes/{first['id']}/delete")["deleted"]
    assert len(takes(api, work)) == 1
    assert api.get(f"/api/takes/{first['id']}", 404)["error"] == "gone"
    assert not api.post(f"/api/takes/{first['id']}/restore")["deleted"]
    assert len(takes(api, work)) == 2
    api.post(f"/api/takes/{first['id']}/delete")
    api.post(f"/api/projects/{work.project.id}/undo")
    assert len(takes(api, work)) == 2
    refused = api.post(f"/api/takes/{second['id']}/delete", status=400)
    assert (refused["error"], refused["message"]) == (
        "take-in-film",
        "Take 2 of SH0010 is in the film; choose another one first.",
    )


def test_any_frame_of_a_take_is_had_as_a_picture_file(api: Interface, client: TestClient, work: StudioAtWork) -> None:
    take = takes(api, work)[0]

    for number in (0, take["frames"] - 1):
        answer = client.get(f"/api/takes/{take['id']}/frame?n={number}")
        assert answer.headers["content-type"] == "image/png"
        with Image.open(io.BytesIO(answer.content)) as frame:
            assert (frame.size, frame.format) == ((64, 64), "PNG")
    refused = api.get(f"/api/takes/{take['id']}/frame", 400, n=take["frames"])
    assert (refused["field"], refused["message"]) == (
        "n",
        f"This cannot be: {take['frames']} is not between 0 and {take['frames'] - 1}.",
    )
    assert api.get(f"/api/takes/{take['id']}/frame", 400, n="one")["field"] == "n"


def test_a_frame_becomes_the_picture_of_a_shot_and_that_can_be_undone(api: Interface, work: StudioAtWork) -> None:
    take, target = takes(api, work)[0], work.shots[1].id

    row = api.post(f"/api/takes/{take['id']}/frame", {"n": 12, "to": target})["shot"]
    assert (row["id"], row["picture_name"]) == (target, "SH0010 take 2 frame 13.png")
    assert api.client.get(f"/files/media/{row['media']}").headers["content-type"] == "image/png"
    api.post(f"/api/projects/{work.project.id}/undo")
    assert api.get(f"/api/shots/{target}")["shot"]["media"] is None
    assert api.post(f"/api/takes/{take['id']}/frame", {"n": 0, "to": "0" * 32}, 404)["error"] == "not-found"


def test_a_damaged_take_gives_no_frame(api: Interface, work: StudioAtWork) -> None:
    take = takes(api, work)[0]["id"]
    path = take_path(settings(), take)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40] + bytes(40))

    refused = api.get(f"/api/takes/{take}/frame", 404)
    assert refused["message"] == "There is no such take, or its file is no longer there."
    assert api.post(f"/api/takes/{take}/frame", {"n": 0, "to": work.shots[1].id}, 404)["error"] == "not-found"


def test_a_take_that_is_not_finished_has_no_frames_and_cannot_be_chosen(api: Interface, work: StudioAtWork) -> None:
    failed = unfinished(work, "failed")
    said = api.get(f"/api/takes/{failed}")

    assert (said["video"], said["still"], said["bytes"]) == (None, None, 0)
    assert api.get(f"/api/takes/{failed}/frame", 400)["error"] == "take-has-no-frames"
    assert api.post(f"/api/takes/{failed}/choose", status=400)["error"] == "take-unfinished"


def test_a_take_says_how_it_looks_and_where_something_seems_to_have_gone_wrong(
    api: Interface, client: TestClient, work: StudioAtWork
) -> None:
    take = takes(api, work)[0]
    found = api.get(f"/api/takes/{take['id']}/quality")
    assert found["measured"]
    assert {moment["frame"] for moment in found["moments"]} == {0, *range(1, take["frames"], 4)}
    assert found["moments"][1]["colour"] == [128.0, 128.0, 128.0]
    assert found["moments"][1]["brightness"] == pytest.approx(128.0, abs=0.1)
    assert found["moments"][1]["likeness"] is None
    # What is painted for tests stands still.
    assert [(mark["kind"], mark["frame"]) for mark in found["marks"]] == [("frozen", 0)]
    assert "nothing moves" in found["marks"][0]["message"]
    assert found["marks"][0]["help"]

    store = SectionStore(settings().sections_dir)
    with session() as opened:
        keys = [key for key, _ in opened.get_one(Take, take["id"]).units]
    store.quality_file(keys[0]).unlink()
    assert api.get(f"/api/takes/{take['id']}/quality") == {"measured": False, "moments": [], "marks": []}
    assert api.post(f"/api/takes/{take['id']}/quality", {})["measured"]
    assert api.get(f"/api/takes/{take['id']}/quality")["measured"]
    other = takes(api, work)[1]["id"]
    api.post(f"/api/takes/{other}/delete", {})
    assert client.get(f"/api/takes/{other}/quality").status_code == 404
