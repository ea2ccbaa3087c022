"""A report as the interface gives it."""

from __future__ import annotations

import io
import zipfile

from starlette.testclient import TestClient

from pages.session.database import session
from projects.database.tables import ProjectUpdate
from projects.storyboard.projects import create_project, edit_project


def names(client: TestClient, query: str = "") -> tuple[set[str], bytes]:
    answer = client.get(f"/api/report{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        return set(packed.namelist()), b"".join(packed.read(name) for name in packed.namelist())


def test_a_report_is_a_zip_file_whose_words_are_asked_for(client: TestClient) -> None:
    with session() as opened:
        project = create_project(session=opened, name="x")
        edit_project(session=opened, project_id=project.id, changes=ProjectUpdate(name="Annabel's wedding"))
        opened.commit()
    found, whole = names(client)
    assert {"doctor.json", "orders.json", "README.txt"} <= found
    assert b"Annabel" not in whole
    found, whole = names(client, "?prompts=true&pictures=true")
    assert "words.json" in found
    assert b"Annabel" in whole


def test_a_report_is_not_had_by_another_page(client: TestClient) -> None:
    assert client.get("/api/report", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/api/report?prompts=perhaps").status_code in (400, 422)


def test_a_report_of_an_order_has_what_the_logs_say_of_it(client: TestClient) -> None:
    found, _ = names(client, f"?order={'a' * 32}")
    assert "order.log" in found
    assert "order.log" not in names(client)[0]
    assert client.get("/api/report?order=../../x").status_code in (400, 422)
