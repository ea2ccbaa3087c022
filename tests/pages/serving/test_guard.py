"""What holds for every answer of a running studio: its headers, and who may connect."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.support.running_studio import Studio, running_studio

ADDRESSES = (
    *("/", "/storyboard", "/_stcore/health", "/favicon.png", "/static/nothing.js"),
    *("/files/takes/nothing", "/files/media/nothing?size=9", "/api/projects", "/api/openapi.json", "/api/nothing"),
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("guarded") / "studio") as running:
        yield running


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_foreign_page_can_frame_or_load_what_is_served(studio: Studio, address: str) -> None:
    _, headers = answer(studio.url + address)

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_refused_name_is_answered_under_the_same_rules(studio: Studio) -> None:
    status, headers = answer(studio.url, {"Host": "elsewhere.example"})

    assert status == 400
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["else.example", "127.0.0.1.else.example", "localhost.else.example", "[::1]", "0.0.0.0"]
)
def test_a_name_that_somebody_else_points_here_is_answered_nowhere(studio: Studio, name: str) -> None:
    port = studio.url.rpartition(":")[2]
    for host in (name, f"{name}:{port}"):
        for address in ADDRESSES:
            status, _ = answer(studio.url + address, {"Host": host})
            assert status == 400, address
        sent = {"Content-Type": "application/json", "Host": host, "Origin": f"http://{host}"}
        assert answer(f"{studio.url}/api/projects", sent, method="POST", body=b'{"name": "a"}')[0] == 400
        handshake = {"Host": host, "Origin": f"http://{host}", "Connection": "Upgrade", "Upgrade": "websocket"}
        key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version": "13"}
        assert answer(f"{studio.url}/_stcore/stream", handshake | key)[0] in (400, 403)


def test_only_the_studios_own_scripts_run(studio: Studio) -> None:
    _, headers = answer(studio.url)
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))

    assert "'unsafe-inline'" not in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"]
    assert (policy["default-src"], policy["connect-src"]) == ("'none'", "'self'")


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3000",
        "http://127.0.0.1",
        "http://127.0.0.1:9",
        "http://[::1]:9",
        "https://else.example",
        "null",
    ],
)
def test_a_page_of_another_origin_cannot_connect(studio: Studio, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connected(studio, origin):
        pass

    assert refused.value.response.status_code == 403


def test_the_studios_own_page_connects(studio: Studio) -> None:
    with connected(studio, studio.url):
        pass


def test_a_page_of_another_origin_can_change_nothing(studio: Studio) -> None:
    status, _ = answer(f"{studio.url}/_stcore/upload_file/a/b", {"Origin": "http://localhost:3000"}, method="DELETE")

    assert status == 403


def test_the_interface_answers_programs_of_this_computer_and_no_page_of_another_origin(studio: Studio) -> None:
    sent = {"Content-Type": "application/json"}

    status, headers = answer(f"{studio.url}/api/projects", sent, method="POST", body=b'{"name": "By hand"}')
    assert (status, headers["content-type"]) == (201, "application/json")
    for foreign in ({"Origin": "http://localhost:3000"}, {"Sec-Fetch-Site": "cross-site"}):
        status, _ = answer(f"{studio.url}/api/projects", sent | foreign, method="POST", body=b'{"name": "By a page"}')
        assert status == 403
    with urllib.request.urlopen(f"{studio.url}/api/projects", timeout=10) as listed:
        names = [project["name"] for project in json.load(listed)]
    assert "By hand" in names
    assert "By a page" not in names


def connected(studio: Studio, origin: str) -> ClientConnection:
    address = studio.url.replace("http", "ws", 1) + "/_stcore/stream"
    return connect(address, origin=Origin(origin), subprotocols=[Subprotocol("streamlit")], proxy=None)


def answer(
    address: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes | None = None
) -> tuple[int, Message]:
    request = urllib.request.Request(address, body, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answered:
            return answered.status, answered.headers
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers
