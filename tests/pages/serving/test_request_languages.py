"""In which language a request is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.look.language import COOKIE
from pages.serving.files import file_routes
from pages.session.database import settings
from tests.support.page_driver import use_studio

ENGLISH = "There is nothing here."
CHINESE = "這裡什麼都沒有。"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    use_studio(tmp_path, monkeypatch)
    settings().make_folders()
    with TestClient(Starlette(routes=file_routes())) as opened:
        yield opened


@pytest.mark.parametrize(
    ("address", "accepts", "chosen", "answer"),
    [
        ("/files/elsewhere", "", "", ENGLISH),
        ("/files/elsewhere", "zh-TW,en;q=0.5", "", CHINESE),
        ("/files/elsewhere", "fr", "", ENGLISH),
        ("/files/elsewhere", "zh-TW", "en", ENGLISH),
        ("/files/elsewhere", "en", "zh_TW", CHINESE),
        ("/files/elsewhere?lang=zh_TW", "en", "en", CHINESE),
        ("/files/elsewhere?lang=en", "zh-TW", "zh_TW", ENGLISH),
        ("/files/elsewhere?lang=xx", "zh-TW", "xx", CHINESE),
    ],
)
def test_the_address_counts_before_the_choice_and_the_choice_before_the_browsers_own(
    client: TestClient, address: str, accepts: str, chosen: str, answer: str
) -> None:
    cookies = {COOKIE: chosen} if chosen else {}
    client.cookies.update(cookies)
    assert client.get(address, headers={"accept-language": accepts}).text == answer


def test_one_request_leaves_the_next_its_own_language(client: TestClient) -> None:
    asked = ["zh-TW", "en", "zh-TW"]
    answers = [client.get("/files/elsewhere", headers={"accept-language": one}).text for one in asked]
    assert answers == [CHINESE, ENGLISH, CHINESE]
