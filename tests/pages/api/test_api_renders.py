"""Renders, films and pictures through the interface."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from pages.session.database import session, settings
from projects.database.tables import Film, Progress, Render
from projects.queue.orders import latest_render
from projects.storage.pictures import MAX_PICTURE_BYTES
from tests.pages.api.conftest import Interface
from tests.support.films import make
from tests.support.plain_pictures import png
from tests.support.studio_at_work import StudioAtWork

FILE = {"content-type": "application/octet-stream"}


@pytest.fixture
def work(api: Interface) -> StudioAtWork:  # noqa: ARG001 (it says which studio is used)
    """A chain of two shots and a cut, and what a worker does for them."""
    return StudioAtWork(settings())


def order(api: Interface, work: StudioAtWork, body: object = None, status: int | None = None) -> Any:
    return api.post(f"/api/projects/{work.project.id}/renders", body, status)


def test_what_changed_is_ordered_as_the_storyboard_is_now(api: Interface, work: StudioAtWork) -> None:
    work.render(*work.shots)
    assert order(api, work, status=400)["error"] == "nothing-to-render"

    api.patch(f"/api/shots/{work.shots[2].id}", {"changes": {"prompt": "Typed a moment ago."}})
    made = order(api, work)
    assert (made["status"], made["pass"], made["shot_ids"]) == ("queued", "draft", [work.shots[2].id])
    work.carry_out(made["id"])
    done = api.get(f"/api/renders/{made['id']}")
    assert (done["status"], done["progress"], done["problem"]) == ("done", None, None)


def test_single_shots_are_ordered_and_the_order_is_called_off(api: Interface, work: StudioAtWork) -> None:
    made = order(api, work, {"shots": [work.shots[2].id]})

    assert api.get(f"/api/renders/{made['id']}")["progress"]["words"] == "Waiting for the generator"
    assert api.post(f"/api/renders/{made['id']}/cancel")["status"] == "cancelled"
    assert order(api, work, {"shots": ["0" * 32]}, 404)["error"] == "not-found"
    assert order(api, work, {"shots": []}, 400)["error"] == "nothing-to-render"
    assert api.get(f"/api/renders/{'0' * 32}", 404)["message"] == "There is no such order to the generator."


def test_an_order_is_ended_after_a_section(api: Interface, work: StudioAtWork) -> None:
    made = order(api, work, {"shots": [work.shots[0].id]})
    work.room.between = lambda: api.post(f"/api/renders/{made['id']}/stop")
    work.carry_out(made["id"])
    (take,) = api.get(f"/api/shots/{work.shots[0].id}/takes")
    assert (take["frames"], take["status"]) == (37, "done")
    assert api.get(f"/api/renders/{made['id']}")["status"] == "done"
    api.patch(f"/api/projects/{work.project.id}", {"changes": {"checkpoint": "original"}})
    assert api.post(f"/api/renders/{made['id']}/stop", None, 400)["error"] == "stop-backwards"


def test_more_takes_with_other_seeds_are_ordered_also_while_something_is_rendered(
    api: Interface, work: StudioAtWork
) -> None:
    work.render(*work.shots)
    shot = work.shots[2].id
    first = api.post(f"/api/shots/{shot}/another", {"count": 2})
    second = api.post(f"/api/shots/{shot}/another")
    assert (first["shot_ids"], first["status"], second["status"]) == ([shot], "queued", "queued")

    seed = api.get(f"/api/shots/{shot}")["shot"]["seed"]
    work.carry_out(first["id"])
    made = api.get(f"/api/shots/{shot}/takes")
    assert len({take["seed"] for take in made}) == 3
    assert api.get(f"/api/shots/{shot}")["shot"]["seed"] == seed
    for count in (0, 9):
        assert api.post(f"/api/shots/{shot}/another", {"count": count}, 400)["field"] == "count"


def test_a_take_is_gone_on_from_in_several_ways(api: Interface, work: StudioAtWork) -> None:
    work.render(work.shots[0])
    (take,) = api.get(f"/api/shots/{work.shots[0].id}/takes")
    ways = [{"prompt": "it snows", "seed": "9"}, {"prompt": "it snows"}, {}]
    made = api.post(f"/api/takes/{take['id']}/branches", {"at": 1.6, "ways": ways})
    assert (made["frame"], made["new_sections"], made["sections"]) == (49, 3, 5)
    work.carry_out(made["render"]["id"])
    newest, *others, first = api.get(f"/api/shots/{work.shots[0].id}/takes")
    assert (newest["frames"], len(others), first["chosen_for"]) == (take["frames"], 2, ["draft"])
    assert api.post(f"/api/takes/{newest['id']}/choose")["chosen_for"] == ["draft"]
    assert work.states()[0] == "done"

    for body, field in (({"at": -1}, "at"), ({"at": 1, "ways": []}, "ways"), ({"at": 1, "ways": [{}] * 9}, "ways")):
        assert api.post(f"/api/takes/{take['id']}/branches", body, 400)["field"] == field
    assert api.post(f"/api/takes/{take['id']}/branches", {"at": 3}, 400)["error"] == "branch-after-end"


def test_a_take_is_ended_earlier_at_once_and_made_longer_by_an_order(api: Interface, work: StudioAtWork) -> None:
    work.render(work.shots[2])
    (take,) = api.get(f"/api/shots/{work.shots[2].id}/takes")
    short = api.post(f"/api/takes/{take['id']}/length", {"seconds": 0.5})
    assert (short["take"]["frames"], short["take"]["status"], short["ordered"]) == (15, "done", None)
    longer = api.post(f"/api/takes/{take['id']}/length", {"seconds": 2.5})
    assert (longer["take"], longer["ordered"]["new_sections"], longer["ordered"]["render"]["status"]) == (
        None,
        2,
        "queued",
    )
    assert api.post(f"/api/takes/{take['id']}/length", {"seconds": 0}, 400)["field"] == "seconds"


def test_a_shot_is_directed_section_by_section(api: Interface, work: StudioAtWork) -> None:
    address = f"/api/shots/{work.shots[0].id}/direct"
    assert api.get(address)["is_directed"] is False
    assert api.post(address, {"say": "keep"}, 400)["error"] == "direct-not-waiting"
    assert api.post(address, {"say": "begin"})["waits"] is False
    work.carry_out(latest(work).id)
    now = api.get(address)
    assert (now["waits"], now["take"]["frames"], now["seconds"]) == (True, 37, 2.0)
    assert api.post(address, {"say": "keep", "prompt": "it snows"})["waits"] is False
    work.carry_out(latest(work).id)
    assert api.get(address)["take"]["frames"] == 61
    assert api.post(address, {"say": "stop"})["is_directed"] is False
    (take,) = api.get(f"/api/shots/{work.shots[0].id}/takes")
    assert take["chosen_for"] == ["draft"]


def latest(work: StudioAtWork) -> Render:
    with session() as opened:
        found = latest_render(session=opened, project_id=work.project.id)
        assert found is not None
        return found


def test_the_real_pass_is_ordered_by_its_name(api: Interface, work: StudioAtWork) -> None:
    assert order(api, work, {"pass": "real"}, 400)["error"] == "no-real-pass"

    api.patch(f"/api/projects/{work.project.id}", {"changes": {"real_checkpoint": "draft", "real_steps": 2}})
    made = order(api, work, {"pass": "real", "shots": [work.shots[2].id]})
    assert made["pass"] == "real"


def test_a_model_that_is_not_on_this_computer_is_said_in_words(api: Interface, work: StudioAtWork) -> None:
    api.patch(f"/api/projects/{work.project.id}", {"changes": {"checkpoint": "f1"}})

    refused = order(api, work, status=400)
    assert refused["error"] == "weights-missing"


def test_an_order_under_way_says_how_far_it_is(api: Interface, work: StudioAtWork) -> None:
    made = order(api, work)
    with session() as opened:
        opened.get_one(Render, made["id"]).status = "running"
        at = Progress(render_id=made["id"], shot_id=work.shots[0].id, phase="sampling", step=1, steps=4)
        at.section = at.sections = 1
        opened.add(at)
        opened.commit()

    progress = api.get(f"/api/renders/{made['id']}")["progress"]
    assert (progress["words"], progress["share"]) == ("Rendering SH0010, step 1 of 4", 0.25)


def test_a_shot_that_cannot_be_rendered_is_said_in_words(api: Interface) -> None:
    project = api.post("/api/projects", {"name": "Empty"})["id"]
    api.post(f"/api/projects/{project}/shots", {"shots": [{"prompt": "Waves."}]})

    refused = api.post(f"/api/projects/{project}/renders", status=400)
    assert refused["message"].startswith("SH0010: It has no picture yet")


def carried_out(film_id: str) -> None:
    """What the worker does with an ordered film."""
    with session() as opened:
        make(opened, settings(), opened.get_one(Film, film_id))


def test_a_film_is_ordered_made_listed_and_served(api: Interface, client: TestClient, work: StudioAtWork) -> None:
    address = f"/api/projects/{work.project.id}/films"
    assert "no finished take" in api.post(address, status=400)["message"]

    work.render(*work.shots)
    ordered = api.post(address, {"name": "初剪 First cut"})
    assert (ordered["name"], ordered["status"], len(ordered["takes"])) == ("初剪 First cut", "queued", 3)
    assert (ordered["download"], ordered["video"]) == (None, None)
    carried_out(ordered["id"])
    film = api.get(f"/api/films/{ordered['id']}")
    assert (film["status"], film["share"], film["format"]) == ("done", 1.0, "h264")
    assert api.get(address) == [film]
    assert len(client.get(film["video"]).content) == film["bytes"]
    assert "%E5%88%9D%E5%89%AA%20First%20cut.mp4" in client.get(film["download"]).headers["content-disposition"]


def test_a_film_is_ordered_in_a_format_called_off_and_ordered_again(
    api: Interface, client: TestClient, work: StudioAtWork
) -> None:
    work.render(*work.shots)
    address = f"/api/projects/{work.project.id}/films"
    refused = {"format": "gif", "fps": 60}, {"format": "gif", "crf": 3}, {"format": "avi"}, {"size": 99}
    for body in (*refused, {"edition_id": "0" * 32}):
        assert api.post(address, body, 404 if "edition_id" in body else 400)["message"].endswith(".")
    film = api.post(address, {"format": "vp9", "crf": 40, "size": 480, "fps": 24})
    assert (film["fps"], min(film["width"], film["height"])) == (24.0, 480)
    off = api.post(f"/api/films/{film['id']}/cancel")
    carried_out(film["id"])
    assert off["status"] == api.get(f"/api/films/{film['id']}")["status"] == "cancelled"

    again = api.post(f"/api/films/{film['id']}/again")
    assert (again["format"], again["fps"], again["status"]) == ("vp9", 24.0, "queued")
    assert [one["id"] for one in api.get(address)] == [again["id"]]
    assert api.post(f"/api/films/{again['id']}/again", status=400)["error"] == "film-not-ended"
    carried_out(again["id"])
    served = client.get(api.get(f"/api/films/{again['id']}")["video"])
    assert served.headers["content-type"] == "video/webm"


def test_a_film_is_named_thrown_away_and_taken_back(api: Interface, work: StudioAtWork) -> None:
    work.render(*work.shots)
    address = f"/api/projects/{work.project.id}/films"
    film = f"/api/films/{api.post(address)['id']}"

    assert api.patch(film, {"name": "最後版本"})["name"] == "最後版本"
    assert api.patch(film, {"name": " "}, 400)["message"].endswith(".")
    assert api.post(f"{film}/delete")["deleted"]
    assert api.get(address) == []
    assert not api.post(f"{film}/restore")["deleted"]
    assert [one["name"] for one in api.get(address)] == ["最後版本"]
    assert api.post(f"/api/films/{'0' * 32}/delete", status=404)["message"] == "There is no such film."


def test_a_picture_is_taken_in_whatever_its_name(client: TestClient) -> None:
    answer = client.post("/api/pictures?name=海.JPE", content=png(320, 180), headers=FILE)

    made = answer.json()
    assert (answer.status_code, made["name"], made["width"], made["height"]) == (201, "海.JPE", 320, 180)
    assert made["remarks"] == []
    assert client.get(made["url"]).headers["content-type"] == "image/webp"
    again = client.post("/api/pictures", content=png(320, 180), headers={"content-type": "image/png"})
    assert again.json()["media_id"] == made["media_id"]


def test_what_is_no_picture_is_refused_by_its_content(client: TestClient) -> None:
    for sent in (b"", b"no picture", png(64, 64)[:60]):
        answer = client.post("/api/pictures?name=sea.png", content=sent, headers=FILE)

        assert (answer.status_code, answer.json()["error"]) == (400, "image-rejected")
        assert answer.json()["message"].startswith("The picture sea.png cannot be used: it is ")


def test_a_picture_that_is_too_large_is_refused_with_a_sentence(client: TestClient) -> None:
    def large() -> Any:
        for _ in range(MAX_PICTURE_BYTES // 2**20 + 1):
            yield bytes(2**20)

    answer = client.post("/api/pictures?name=sea.png", content=large(), headers=FILE)

    assert (answer.status_code, answer.json()["error"]) == (413, "file-too-long")
    assert answer.json()["message"] == "The file is larger than 64 MiB, the most that is taken; save it smaller."
