"""A studio that is shared, as a process: nothing answers who has not signed in, and everything who has."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from projects.door.password import program_token, set_password
from projects.settings import CHECKOUT, StudioSettings
from tests.support.chat_endpoint import chat_endpoint
from tests.support.running_studio import Studio, running_studio

PASSWORD = "correct horse battery"
HEALTH = "/_stcore/health"
OWN = {"/door", "/door/leave", "/door/out", "/door/back"}
# Every route of the application as the server has it, Streamlit's own among them: (path, its methods or none).
LIST_ROUTES = """
import json
from studio_app import app
listed = [
    (getattr(route, "path", ""), sorted(getattr(route, "methods", None) or ()), type(route).__name__)
    for route in app._build_starlette_app().routes
]
print("ROUTES" + json.dumps(listed))
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def cookie(self) -> str:
        """What the browser is to send from now on."""
        kept = SimpleCookie(self.headers["set-cookie"])
        return f"studio-session={kept['studio-session'].value}"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("shared") / "studio"
    set_password(StudioSettings.from_environment({"STUDIO_HOME": str(home)}), PASSWORD)
    with running_studio(home, STUDIO_SHARE="1") as running:
        yield running


@pytest.fixture
def cookie(studio: Studio) -> str:
    """That of somebody who has just signed in."""
    return sign_in(studio).cookie


def ask(studio: Studio, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(studio.url).netloc, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        got = connection.getresponse()
        return Answer(got.status, got.headers, got.read().decode("utf-8", errors="replace"))
    finally:
        connection.close()


def sign_in(studio: Studio, password: str = PASSWORD, to: str = "/", **headers: str) -> Answer:
    form = urllib.parse.urlencode({"password": password, "to": to})
    sent = {"Content_Type": "application/x-www-form-urlencoded", "Origin": studio.url, **headers}
    return ask(studio, "/door", "POST", form, **sent)


def connected(studio: Studio, origin: str, cookie: str = "") -> ClientConnection:
    address = studio.url.replace("http", "ws", 1) + "/_stcore/stream"
    further = {"Cookie": cookie} if cookie else {}
    return connect(
        address,
        origin=Origin(origin),
        subprotocols=[Subprotocol("streamlit")],
        additional_headers=further,
        proxy=None,
    )


def routes() -> list[tuple[str, list[str], str]]:
    listed = subprocess.run(
        [sys.executable, "-c", LIST_ROUTES], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    found: list[Any] = json.loads(listed.partition("ROUTES")[2])
    return [(str(path), methods, str(kind)) for path, methods, kind in found]


def test_no_route_of_the_application_answers_who_has_not_signed_in(studio: Studio) -> None:
    listed = routes()
    paths = {path for path, _, _ in listed}
    assert {"/api/projects", "/files/takes/{id}", "/_stcore/stream", "/_stcore/health", *OWN} <= paths
    assert len(paths) > 100
    for path, methods, kind in listed:
        asked = "/".join("x" if part.startswith("{") else part for part in path.split("/")) or "/"
        if kind == "WebSocketRoute" or path in OWN:
            continue
        for method in methods or ["GET", "POST", "DELETE"]:
            answer = ask(studio, asked, method)
            if asked.startswith("/look/"):
                # Guests come here without signing in; what they get is tested with their pages.
                assert answer.status in (404, 405), (method, asked)
            elif asked == HEALTH and method in ("GET", "HEAD"):
                assert (answer.status, answer.text) in ((200, "ok"), (200, ""))
            else:
                assert answer.status == 401, (method, asked)
                assert "sign in" in answer.text or method == "HEAD", (method, asked)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/door/",
            "//door",
            "/door/../api/projects",
            "/door/leave/x",
            "/DOOR",
            "/door%2f..%2fapi",
            "/_stcore/health/",
        ),
        *("/lookup", "/look", "/LOOK/x", "/x/../look/x"),
        *("/_stcore/health/../host-config", "/_stcore/health;x", "/api/../_stcore/health", "/static/../door"),
    ],
)
def test_no_other_spelling_of_the_open_addresses_is_open(studio: Studio, path: str) -> None:
    assert ask(studio, path).status in (401, 404)
    assert "sign in" in ask(studio, path).text


def test_a_page_sends_to_the_door_and_from_there_back_to_what_was_asked_for(studio: Studio) -> None:
    sent = ask(studio, "/storyboard?project=ab%20c&pass=real", Accept="text/html")
    assert sent.status == 303
    door = sent.headers["location"]
    page = ask(studio, door, Accept_Language="zh-TW")
    assert page.status == 200
    assert 'type="password"' in page.text
    assert "登入" in page.text
    assert "<script" not in page.text
    (to,) = urllib.parse.parse_qs(urllib.parse.urlsplit(door).query)["to"]

    signed_in = sign_in(studio, to=to)

    assert (signed_in.status, signed_in.headers["location"]) == (303, "/storyboard?project=ab%20c&pass=real")
    entered = ask(studio, signed_in.headers["location"], Accept="text/html", Cookie=signed_in.cookie)
    assert entered.status == 200
    assert ask(studio, door, Cookie=signed_in.cookie).headers["location"] == to


@pytest.mark.parametrize(
    "to",
    [
        *("https://else.example/", "//else.example/", "/\\else.example", "\\\\else.example", "javascript:alert(1)", ""),
        *(
            "/%0d%0aSet-Cookie: a=b",
            "/\r\nSet-Cookie: a=b",
            "/door?to=/door",
            "/door/leave",
            "/" + "x" * 3000,
            " //e.x",
        ),
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(studio: Studio, to: str) -> None:
    location = sign_in(studio, to=to).headers["location"]
    assert location == "/" or (location.startswith("/%0d") and "\n" not in location)


def test_the_cookie_is_for_this_server_alone_and_no_script_reads_it(studio: Studio) -> None:
    kept = sign_in(studio).headers["set-cookie"]
    parts = {part.strip().lower() for part in kept.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)
    assert "secure" not in parts
    # A proxy of this computer that encrypts says so.
    encrypted = sign_in(studio, Origin=studio.url, X_Forwarded_Proto="https").headers["set-cookie"]
    assert "secure" in encrypted.lower()


def test_who_has_signed_in_has_pages_files_and_the_interface(studio: Studio, cookie: str) -> None:
    for path in ("/", "/_stcore/host-config", "/api/projects", "/api/openapi.json"):
        assert ask(studio, path, Cookie=cookie).status == 200, path
    (project,) = json.loads(ask(studio, "/api/projects", Cookie=cookie).text)
    assert ask(studio, project["poster"], Cookie=cookie).status == 200
    assert ask(studio, project["poster"]).status == 401
    with connected(studio, studio.url, cookie):
        pass


@pytest.mark.parametrize("wrong", ["", "studio-session=", "studio-session=nothing", "studio-session=../password"])
def test_the_connection_of_pages_is_refused_without_a_session(studio: Studio, wrong: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connected(studio, studio.url, wrong):
        pass
    assert refused.value.response.status_code == 403


def test_a_foreign_page_gets_nowhere_though_somebody_has_signed_in(studio: Studio, cookie: str) -> None:
    for origin in ("https://else.example", "null", "http://127.0.0.1:9"):
        with pytest.raises(InvalidStatus), connected(studio, origin, cookie):
            pass
        assert sign_in(studio, Origin=origin).status == 403
        assert ask(studio, "/door/leave", "POST", Origin=origin, Cookie=cookie).status == 403
        changed = ask(
            studio, "/api/projects", "POST", '{"name": "Foreign"}', Content_Type="application/json", Origin=origin
        )
        assert changed.status == 403
    assert ask(studio, "/", Cookie=cookie, Host="else.example").status == 400
    assert ask(studio, "/", Cookie=cookie).status == 200


def test_leaving_ends_the_session_and_the_connections_within_it(studio: Studio, cookie: str) -> None:
    with connected(studio, studio.url, cookie) as open_page:
        left = ask(studio, "/door/leave", "POST", Origin=studio.url, Cookie=cookie)
        assert (left.status, left.headers["location"]) == (303, "/door")
        assert ask(studio, "/api/projects", Cookie=cookie).status == 401
        with pytest.raises(InvalidStatus), connected(studio, studio.url, cookie):
            pass
        time.sleep(1.1)  # it is looked at once a second
        open_page.send(b"")
        with pytest.raises(ConnectionClosed) as closed:
            read_to_the_end(open_page)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def read_to_the_end(page: ClientConnection) -> None:
    while True:
        page.recv(timeout=20)


def test_programs_come_in_by_the_token_or_the_password_to_the_interface_and_files_only(studio: Studio) -> None:
    token = program_token(studio.settings)
    basic = base64.b64encode(f"anybody:{PASSWORD}".encode()).decode()
    for said in (f"Bearer {token}", f"bearer {token}", f"Basic {basic}"):
        assert ask(studio, "/api/projects", Authorization=said).status == 200
        assert ask(studio, "/files/nothing", Authorization=said).status == 404
        assert ask(studio, "/", Authorization=said).status == 401
        assert ask(studio, "/_stcore/host-config", Authorization=said).status == 401
    for wrong in ("Bearer", "Bearer x", "Basic", "Basic !", "Basic eA==", f"Digest {token}", f"{token}", "Bearer \xff"):
        answer = ask(studio, "/api/projects", Authorization=wrong)
        assert answer.status == 401
        assert json.loads(answer.text)["error"] == "door-closed"
        # A browser that asked for a name and password would send them by itself from then on, on any page's behalf.
        assert "www-authenticate" not in answer.headers


def test_the_page_says_what_is_exposed_and_the_log_at_the_start(studio: Studio, cookie: str) -> None:
    page = ask(studio, "/door", Cookie=cookie).text
    assert "to see, change, download and delete" in page
    assert "not encrypted" in page
    said = studio.log.read_text(encoding="utf-8", errors="replace")
    assert "The studio is shared at 127.0.0.1" in said
    assert "not encrypted" in said


def test_the_pages_of_the_door_are_kept_nowhere_and_framed_by_nobody(studio: Studio) -> None:
    for answer in (ask(studio, "/door"), ask(studio, "/", Accept="text/html"), ask(studio, "/api/projects")):
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "form-action 'self'" in ask(studio, "/door").headers["content-security-policy"]
    assert "form-action 'none'" in ask(studio, "/queue").headers["content-security-policy"]


def test_what_is_sent_back_is_no_html(studio: Studio) -> None:
    page = ask(studio, "/door?to=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E&lang=%3Cb%3E").text
    assert "<script" not in page
    assert "&lt;script" in page


# The last: it leaves the address of this computer slowed.


def test_wrong_passwords_are_slowed_and_nothing_secret_is_written_anywhere(studio: Studio, cookie: str) -> None:
    first = sign_in(studio, "another password")
    assert first.status == 401
    assert "This is not the password" in first.text
    wait = 0
    while wait < 8:
        time.sleep(wait)
        while (answer := sign_in(studio, "another password")).status != 429:
            assert answer.status == 401
        wait = int(answer.headers["retry-after"])
    # The right one has to wait as well, or its answer would tell.
    slowed = sign_in(studio)
    assert slowed.status == 429
    assert 1 <= int(slowed.headers["retry-after"]) <= 900
    assert "Too many wrong passwords" in slowed.text
    assert "set-cookie" not in slowed.headers
    basic = base64.b64encode(f"a:{PASSWORD}".encode()).decode()
    program = ask(studio, "/api/projects", Authorization=f"Basic {basic}")
    assert program.status == 429
    assert program.headers["retry-after"]
    # Who has signed in, and programs with the token, do not wait.
    assert ask(studio, "/api/projects", Cookie=cookie).status == 200
    assert ask(studio, "/api/projects", Authorization=f"Bearer {program_token(studio.settings)}").status == 200

    token = (program_token(studio.settings) or "").encode()
    secrets = [PASSWORD.encode(), b"another password", cookie.partition("=")[2].encode()]
    for file in studio.settings.home.rglob("*"):
        if file.is_file():
            written = file.read_bytes()
            assert not any(secret in written for secret in secrets), file
            assert token not in written or file.name == "token", file


@pytest.mark.parametrize("allowed", ["", "1"])
def test_guests_have_sentences_rewritten_only_where_the_owner_says_so(tmp_path: Path, allowed: str) -> None:
    home = tmp_path / "studio"
    set_password(StudioSettings.from_environment({"STUDIO_HOME": str(home)}), PASSWORD)
    with chat_endpoint() as chat:
        named = {"STUDIO_REWRITING_URL": chat.url, "STUDIO_REWRITING_MODEL": "small", "STUDIO_OFFLINE": "0"}
        with running_studio(home, STUDIO_SHARE="1", STUDIO_REWRITING_SHARED=allowed, **named) as shared:
            sent = {"Content_Type": "application/json", "Origin": shared.url}
            came_in = sign_in(shared).cookie
            stranger = ask(shared, "/api/rewriting", "POST", '{"text": "pan"}', **sent)
            guest = ask(shared, "/api/rewriting", "POST", '{"text": "pan"}', **sent, Cookie=came_in)
        assert stranger.status == 401
        if allowed:
            assert json.loads(guest.text)["text"] == "The camera pans slowly."
        else:
            assert (guest.status, json.loads(guest.text)["error"]) == (400, "rewriting-shared")
        assert len(chat.asked) == (1 if allowed else 0)
