"""The files behind the pages: found by id only, served in pieces, downloaded under their own name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from framepack.media.video import write_frames
from pages.serving.files import (
    download_url,
    file_routes,
    film_url,
    picture_url,
    preview_url,
    still_url,
    take_download_url,
    take_url,
)
from pages.session.database import session, settings
from projects.database.tables import Film, Take
from projects.storage.pictures import add_picture
from projects.storage.places import film_path, preview_path, take_path
from projects.storyboard.projects import create_project
from projects.storyboard.shots import add_shot
from tests.support.page_driver import png, use_studio


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    use_studio(tmp_path, monkeypatch)
    settings().make_folders()
    with TestClient(Starlette(routes=file_routes())) as opened:
        yield opened


def film(name: str = "A film", *, status: str = "done") -> Film:
    with session() as opened:
        project = create_project(session=opened, name=name)
        made = Film(project_id=project.id, name=name, status=status)
        opened.add(made)
        opened.commit()
    film_path(settings(), made).write_bytes(b"0123456789")
    return made


def take() -> Take:
    with session() as opened:
        project = create_project(session=opened, name="A film")
        shot = add_shot(session=opened, project_id=project.id, prompt="Waves.")
        made = Take(shot_id=shot.id, number=1, status="done", frames=10, width=64, height=64, fps=30)
        opened.add(made)
        opened.commit()
    take_path(settings(), made.id).write_bytes(b"0123456789")
    return made


def test_a_film_is_served_in_pieces_so_that_a_browser_can_seek(client: TestClient) -> None:
    address = film_url(film().id)

    whole = client.get(address)
    piece = client.get(address, headers={"range": "bytes=2-4"})

    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, b"0123456789", "video/mp4")
    assert (piece.status_code, piece.content, piece.headers["content-range"]) == (206, b"234", "bytes 2-4/10")


@pytest.mark.parametrize("form", ["{}", "W/{}", '"another", {}', "*"])
def test_a_browser_that_has_a_file_is_not_sent_it_again(client: TestClient, form: str) -> None:
    with session() as opened:
        media = add_picture(session=opened, settings=settings(), data=png(640, 360), name="sea.png").media
        opened.commit()
    made = film()
    for address in (
        *(film_url(made.id), download_url(made.id), take_url(take().id)),
        *(f"/files/media/{media.id}", picture_url(media.id, 160)),
    ):
        first = client.get(address)
        again = client.get(address, headers={"if-none-match": form.format(first.headers["etag"])})

        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]


def test_a_file_that_a_browser_has_otherwise_is_sent_whole_or_in_the_piece_asked_for(client: TestClient) -> None:
    address = film_url(film().id)

    whole = client.get(address, headers={"if-none-match": '"another"'})
    piece = client.get(address, headers={"if-none-match": '"another"', "range": "bytes=2-4"})

    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert (piece.status_code, piece.content) == (206, b"234")


def test_a_film_is_downloaded_under_its_own_name_in_every_script(client: TestClient) -> None:
    disposition = client.get(download_url(film('灯塔 "1"').id)).headers["content-disposition"]

    assert disposition.startswith("attachment; ")
    assert "filename*=UTF-8''%E7%81%AF%E5%A1%94%20" in disposition
    disposition.encode("ascii")


def test_a_film_that_is_not_finished_is_not_served(client: TestClient) -> None:
    assert client.get(film_url(film(status="working").id)).status_code == 404


def test_a_file_that_is_gone_is_said_so_in_plain_text(client: TestClient) -> None:
    made = film()
    film_path(settings(), made).unlink()

    answer = client.get(film_url(made.id))

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "This file is no longer there."


def test_a_picture_is_served_whole_and_small(client: TestClient) -> None:
    with session() as opened:
        media = add_picture(session=opened, settings=settings(), data=png(640, 360), name="灯塔.png").media
        opened.commit()

    assert client.get(f"/files/media/{media.id}").headers["content-type"] == "image/png"
    assert client.get(picture_url(media.id, 160)).headers["content-type"] == "image/webp"
    assert client.get(picture_url(media.id, 161)).status_code == 404


def test_the_first_frame_of_a_take_is_served_small_and_kept_by_the_browser(client: TestClient) -> None:
    made = take()
    write_frames(take_path(settings(), made.id), [np.zeros((64, 64, 3), np.uint8)], 30)
    first = client.get(still_url(made.id, 160))

    assert (first.status_code, first.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in first.headers["cache-control"]
    again = client.get(still_url(made.id, 160), headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert client.get(still_url(made.id, 161)).status_code == 404
    assert client.get(still_url("0" * 32)).text == "There is no such take."


def test_a_take_that_cannot_be_decoded_has_no_frame_and_that_is_said(client: TestClient) -> None:
    answer = client.get(still_url(take().id))

    assert answer.status_code == 404
    assert answer.text == "The file of this take is no longer there, or is damaged."


def test_a_take_is_downloaded_under_the_number_of_its_shot(client: TestClient) -> None:
    disposition = client.get(take_download_url(take().id)).headers["content-disposition"]

    assert disposition.startswith('attachment; filename="SH0010 take 1.mp4"')
    assert client.get(take_download_url("0" * 32)).status_code == 404


def test_a_preview_is_served_as_it_is_now_and_never_kept(client: TestClient) -> None:
    render = "ab" * 16
    assert client.get(preview_url(render, 1)).status_code == 404

    preview_path(settings(), render).write_bytes(b"growing")
    answer = client.get(preview_url(render, 2))
    assert (answer.content, answer.headers["cache-control"]) == (b"growing", "no-store")


@pytest.mark.parametrize("id", ["0" * 32, "0" * 64, "ABC", "..", "%2e%2e%2fstudio.db", "..%2F..%2Fetc%2Fpasswd", "a/b"])
@pytest.mark.parametrize("kind", ["takes", "films", "media", "anything"])
def test_an_address_that_names_no_row_finds_nothing(client: TestClient, kind: str, id: str) -> None:
    answer = client.get(f"/files/{kind}/{id}")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_take_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert client.get(take_url("0" * 32)).text == "There is no such take."
