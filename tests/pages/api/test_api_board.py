"""The board through the interface: how each shot is doing, the work under way, and when it is not sent again."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from pages.session.database import session, settings
from projects.database.tables import Progress, Render, Worker
from projects.storage.places import preview_path, take_path
from tests.pages.api.conftest import Interface
from tests.support.studio_at_work import StudioAtWork


@pytest.fixture
def work(api: Interface) -> StudioAtWork:  # noqa: ARG001 (it says which studio is used)
    """A chain of two shots and a cut, and what a worker does for them."""
    return StudioAtWork(settings())


def board(api: Interface, work: StudioAtWork, **query: object) -> Any:
    return api.get(f"/api/projects/{work.project.id}/board", **query)


def kinds(api: Interface, work: StudioAtWork) -> list[str]:
    return [row["kind"] for row in board(api, work)["shots"]]


def order(work: StudioAtWork, **progress: Any) -> str:
    """A render under way of the first and the last shot, which is at the first one."""
    with session() as opened:
        shot_ids = [work.shots[0].id, work.shots[2].id]
        render = Render(project_id=work.project.id, shot_ids=shot_ids, status="running")
        opened.add(render)
        opened.flush()
        at = Progress(render_id=render.id, shot_id=work.shots[0].id, shot_index=1, shot_count=2, **progress)
        opened.add(at)
        opened.commit()
        return render.id


def test_the_board_says_how_each_shot_is_doing(api: Interface, work: StudioAtWork) -> None:
    assert kinds(api, work) == ["never", "never", "never"]

    work.render(*work.shots)
    assert kinds(api, work) == ["done", "done", "done"]
    assert board(api, work)["to_render"] == 0

    api.patch(f"/api/shots/{work.shots[0].id}", {"changes": {"prompt": "Something else."}})
    said = board(api, work)
    assert [row["kind"] for row in said["shots"]] == ["stale", "stale", "done"]
    assert all(row["why"] for row in said["shots"][:2])
    assert said["to_render"] == 2

    api.patch(f"/api/shots/{work.shots[2].id}", {"changes": {"prompt": ""}})
    assert kinds(api, work)[2] == "stale"
    api.patch(f"/api/shots/{work.shots[0].id}", {"changes": {"prompt": ""}})
    assert "no text yet" in board(api, work)["shots"][0]["why"][0]


def test_a_row_shows_the_take_else_the_picture_else_what_was_written(api: Interface, work: StudioAtWork) -> None:
    def shown() -> list[tuple[str, str | None]]:
        return [(row["shows"], row["frame"]) for row in board(api, work)["shots"]]

    media = work.shots[0].media_id
    assert shown()[0] == ("picture", f"/files/media/{media}?size=480")
    assert shown()[1] == ("title", None)
    api.patch(f"/api/shots/{work.shots[1].id}", {"changes": {"prompt": ""}})
    assert shown()[1] == ("none", None)

    work.render(work.shots[0])
    (take,) = work.takes(work.shots[0])
    row = board(api, work)["shots"][0]
    assert (row["take"], row["takes"], row["take_ratio"]) == (take.id, 1, "64 / 64")
    assert shown()[0] == ("take", f"/files/takes/{take.id}/frame?size=480")
    assert api.client.get(row["frame"]).headers["content-type"] == "image/webp"


def test_a_take_whose_file_is_gone_is_not_shown(api: Interface, work: StudioAtWork) -> None:
    work.render(work.shots[0])
    assert board(api, work)["shots"][0]["shows"] == "take"

    take_path(settings(), work.takes(work.shots[0])[0].id).unlink()
    row = board(api, work)["shots"][0]
    assert (row["shows"], row["take"], row["kind"]) == ("picture", None, "never")


def test_the_work_under_way_is_said_with_how_long_it_takes(api: Interface, work: StudioAtWork) -> None:
    render = order(work, section=1, sections=2, step=3, steps=12, seconds_per_step=2.0, phase="sampling")
    preview_path(settings(), render).write_bytes(b"a picture")

    said = board(api, work)
    assert [row["kind"] for row in said["shots"]] == ["rendering", "never", "waiting"]
    at = said["render"]
    assert (at["id"], at["shot_id"], at["phase"]) == (render, work.shots[0].id, "sampling")
    assert at["words"] == "Rendering SH0010, step 3 of 12"
    assert at["share"] == pytest.approx(0.125)
    # 9 steps of this section, 12 of the next, and 12 of the one section of the last shot.
    assert at["left"] == "about 65 s"
    answer = api.client.get(at["preview"])
    assert (answer.content, answer.headers["cache-control"]) == (b"a picture", "no-store")


def test_an_order_that_nobody_has_begun_waits(api: Interface, work: StudioAtWork) -> None:
    work.order(work.shots[0])

    said = board(api, work)
    assert said["render"]["words"] == "Waiting for the generator"
    assert (said["render"]["preview"], said["render"]["shot_id"]) == (None, None)
    assert said["shots"][0]["kind"] == "waiting"


def test_without_a_generator_the_board_says_so(api: Interface, work: StudioAtWork) -> None:
    assert "generator" in board(api, work)["problem"]

    with session() as opened:
        opened.add(Worker(executor_id="w", device="cpu", pid=1, host="here"))
        opened.commit()
    assert board(api, work)["problem"] is None


class Reader:
    """A page that has the board and asks whether it is another one now."""

    def __init__(self, client: TestClient, work: StudioAtWork) -> None:
        self._client = client
        self._address = f"/api/projects/{work.project.id}/board"
        self._etag = ""
        self.is_told()

    def is_told(self) -> bool:
        """Whether the board is sent again."""
        answer = self._client.get(self._address, headers={"if-none-match": self._etag})
        assert answer.status_code in (200, 304)
        assert (answer.content == b"") == (answer.status_code == 304)
        self._etag = answer.headers["etag"]
        assert answer.headers["cache-control"] == "private, no-cache"
        return bool(answer.status_code == 200)


def test_a_board_that_is_as_it_was_is_not_sent_again(client: TestClient, work: StudioAtWork) -> None:
    reader = Reader(client, work)

    assert not reader.is_told()
    assert not reader.is_told()


def test_the_board_is_sent_again_after_everything_that_changes_it(
    client: TestClient, api: Interface, work: StudioAtWork
) -> None:
    reader = Reader(client, work)
    project, shot = f"/api/projects/{work.project.id}", work.shots[0]

    def told_after(_: object) -> None:
        assert reader.is_told()
        assert not reader.is_told()

    told_after(api.patch(f"/api/shots/{shot.id}", {"changes": {"notes": "Wind."}}))
    told_after(api.patch(project, {"changes": {"name": "Another"}}))
    told_after(api.post(f"{project}/shots/move", {"ids": [shot.id]}))
    told_after(api.post(f"{project}/undo"))
    told_after(api.post(f"{project}/shots/renumber"))
    told_after(api.post(f"{project}/shots/delete", {"ids": [work.shots[1].id]}))
    told_after(api.post(f"{project}/shots/restore", {"ids": [work.shots[1].id]}))
    told_after(work.render(*work.shots))
    render = order(work, step=1)
    told_after(render)
    with session() as opened:
        progress = opened.get_one(Progress, render)
        progress.step = 2
        opened.commit()
    told_after(progress)
    with session() as opened:
        opened.get_one(Render, render).status = "cancelled"
        opened.commit()
    told_after(render)
    (take,) = work.takes(shot)
    told_after(take_path(settings(), take.id).unlink())
    with session() as opened:
        opened.add(Worker(executor_id="w", device="cpu", pid=1, host="here"))
        opened.commit()
    told_after("the generator")


def test_a_list_of_projects_says_how_each_is_doing(api: Interface, work: StudioAtWork) -> None:
    def card() -> tuple[str, str]:
        (said,) = api.get("/api/projects")
        return said["kind"], said["state"]

    assert card() == ("not rendered", "Not rendered yet")
    work.render(work.shots[0])
    assert card() == ("partly rendered", "2 of 3 not rendered")
    work.render(*work.shots)
    assert card() == ("done", "Done")
    (take,) = work.takes(work.shots[0])
    assert api.get("/api/projects")[0]["poster"] == f"/files/takes/{take.id}/frame?size=480"
    take_path(settings(), take.id).unlink()
    (take,) = work.takes(work.shots[1])
    assert api.get("/api/projects")[0]["poster"] == f"/files/takes/{take.id}/frame?size=480"
    api.patch(f"/api/shots/{work.shots[2].id}", {"changes": {"prompt": "Else."}})
    assert card() == ("out of date", "1 of 3 out of date")
    work.order(work.shots[2])
    assert card() == ("rendering", "Rendering")


def test_each_pass_has_a_board_of_its_own(api: Interface, work: StudioAtWork) -> None:
    work.render(*work.shots)
    assert board(api, work)["project"]["has_real"] is False
    refused = api.get(f"/api/projects/{work.project.id}/board", 400, **{"pass": "real"})
    assert refused["error"] == "no-real-pass"

    api.patch(f"/api/projects/{work.project.id}", {"changes": {"real_checkpoint": "draft", "real_steps": 2}})
    real = board(api, work, **{"pass": "real"})
    assert (real["project"]["pass"], real["project"]["has_real"]) == ("real", True)
    assert [row["take"] for row in real["shots"]] == [None, None, None]
    assert kinds(api, work) == ["done", "done", "done"]


def test_work_for_one_pass_is_not_said_of_the_shots_of_the_other(api: Interface, work: StudioAtWork) -> None:
    api.patch(f"/api/projects/{work.project.id}", {"changes": {"real_checkpoint": "draft", "real_steps": 2}})
    order(work, step=1)

    real = board(api, work, **{"pass": "real"})
    assert [row["kind"] for row in real["shots"]] == ["never", "never", "never"]
    assert real["render"]["shot_id"] == work.shots[0].id
    assert kinds(api, work) == ["rendering", "never", "waiting"]


def test_why_a_take_is_out_of_date_is_said_and_what_it_was_made_from_can_be_put_back(
    api: Interface, work: StudioAtWork
) -> None:
    work.render(*work.shots)
    first = f"/api/shots/{work.shots[0].id}"
    api.patch(first, {"changes": {"prompt": "Something else.", "seed": "768"}})

    shots = board(api, work)["shots"]
    assert len(shots[0]["why"]) == 2
    assert "768" in shots[0]["why"][1]
    assert "SH0010" in shots[1]["why"][0]
    assert api.get(first)["shot"] == shots[0]
    assert api.get(f"/api/shots/{work.shots[1].id}")["shot"] == shots[1]

    back = api.post(f"{first}/put-back")["shot"]
    assert (back["prompt"], back["seed"], back["kind"], back["why"]) == ("shot 0", "0", "done", [])
    api.post(f"/api/projects/{work.project.id}/undo")
    assert api.get(first)["shot"]["prompt"] == "Something else."
    refused = api.post(f"/api/shots/{work.shots[0].id}/put-back", status=400, **{"pass": "real"})
    assert refused["message"].endswith(".")


def test_a_board_of_no_project_is_not_found(api: Interface) -> None:
    assert api.get(f"/api/projects/{'0' * 32}/board", 404)["error"] == "not-found"
    assert api.get(f"/api/projects/{'0' * 32}/board", 400, **{"pass": "rough"})["field"] == "pass"
