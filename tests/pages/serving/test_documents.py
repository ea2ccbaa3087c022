"""Documents of a storyboard: made when they are asked for, under a name in any script, and kept nowhere."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
from PIL import Image
from pypdf import PdfReader
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.serving.documents import DocumentKind, Wanted, document_routes, document_url
from pages.session.database import session, settings
from projects.documents.storyboard_pdf import Page
from projects.films.editions import create_edition, leave_out, shots_in
from projects.storage.pictures import add_picture
from projects.storyboard.projects import create_project
from projects.storyboard.shots import NewShot, add_shots
from tests.support.page_driver import png, use_studio


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    use_studio(tmp_path, monkeypatch)
    settings().make_folders()
    with TestClient(Starlette(routes=document_routes())) as opened:
        yield opened


@pytest.fixture
def project(client: TestClient) -> str:  # noqa: ARG001 (it makes the studio)
    with session() as opened:
        project = create_project(session=opened, name="燈塔 Lighthouse")
        media = add_picture(session=opened, settings=settings(), data=png(), name="a.png").media
        new = [NewShot(prompt=f"燈亮了 {n}.", dialogue="喂！", seconds=2, media_id=media.id) for n in range(3)]
        add_shots(session=opened, project_id=project.id, new=new)
        opened.commit()
        return project.id


def asked(client: TestClient, project: str, kind: DocumentKind, edition: str | None = None, lang: str = "en") -> bytes:
    page = Page("A3", landscape=False, panels=2)
    address = document_url(project, Wanted(kind, page, pictures=True), edition=edition, made_for="draft", lang=lang)
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert quote("燈塔 Lighthouse", safe="") in answer.headers["content-disposition"]
    return answer.content


def test_each_kind_is_what_it_says(client: TestClient, project: str) -> None:
    paper = PdfReader(io.BytesIO(asked(client, project, "pdf")))
    assert len(paper.pages) == 2
    assert round(float(paper.pages[0].mediabox.width)) == 842
    assert "燈亮了" in paper.pages[0].extract_text().replace("\0", "")
    assert len(PdfReader(io.BytesIO(asked(client, project, "sheet"))).pages) == 1
    rows = list(csv.reader(io.StringIO(asked(client, project, "csv").decode("utf-8-sig"))))
    assert (len(rows), rows[1][2]) == (4, "燈亮了 0.")
    assert openpyxl.load_workbook(io.BytesIO(asked(client, project, "xlsx"))).worksheets[0]["F2"].value == "喂！"
    assert len(zipfile.ZipFile(io.BytesIO(asked(client, project, "stills"))).namelist()) == 3
    assert Image.open(io.BytesIO(asked(client, project, "gif"))).info["duration"] == 6000


def test_words_are_in_the_readers_language_and_shots_are_the_editions(client: TestClient, project: str) -> None:
    with session() as opened:
        edition = create_edition(session=opened, project_id=project, name="短版")
        first = shots_in(session=opened, edition=edition)[0][0]
        leave_out(session=opened, edition_id=edition.id, shot_id=first.id, left_out=True)
        opened.commit()
    rows = list(csv.reader(io.StringIO(asked(client, project, "csv", edition.id, "zh_TW").decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["SH0020", "SH0030"]
    assert "提示詞" in rows[0]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("{project}/documents/odt", 404),
        ("{project}/documents/pdf?panels=13", 404),
        ("{project}/documents/pdf?panels=-1", 404),
        ("{project}/documents/pdf?paper=B5", 404),
        ("{project}/documents/pdf?edition=0", 404),
        ("../x/documents/pdf", 404),
        ("0/documents/pdf", 404),
    ],
)
def test_what_there_is_not_is_said_in_a_sentence(client: TestClient, project: str, address: str, status: int) -> None:
    answer = client.get(f"/files/projects/{address.format(project=project)}")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_project_without_shots_has_no_paper_and_no_other_page_may_ask(client: TestClient, project: str) -> None:
    with session() as opened:
        empty = create_project(session=opened, name="Empty")
        opened.commit()
    assert client.get(f"/files/projects/{empty.id}/documents/pdf").text.endswith(".")
    foreign = {"sec-fetch-site": "cross-site"}
    assert client.get(f"/files/projects/{project}/documents/csv", headers=foreign).status_code == 403
