"""People who sign in with a provider, at a real studio: who is let in, who is told why not, and what each then sees."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from projects.door.password import set_password
from projects.door.people import set_client_secret
from projects.settings import StudioSettings
from tests.support.oidc_provider import SECRET, Provider, running_provider
from tests.support.running_studio import Studio, running_studio

PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """Keeps cookies for the studio, and follows nobody by itself."""

    studio: Studio
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, address: str, method: str = "GET", body: object = None, **headers: str) -> Answer:
        parts = urllib.parse.urlsplit(address)
        at = parts.netloc or urllib.parse.urlsplit(self.studio.url).netloc
        connection = http.client.HTTPConnection(at, timeout=30)
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": held, "Content-Type": "application/json", "Origin": self.studio.url, **headers}
        try:
            asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request(method, asked, None if body is None else str(body), sent if not parts.netloc else {})
            got = connection.getresponse()
            for line in got.headers.get_all("set-cookie", []):
                for name, kept in SimpleCookie(line).items():
                    self.cookies[name] = kept.value
            return Answer(got.status, got.headers, got.read().decode("utf-8", errors="replace"))
        finally:
            connection.close()

    def sign_in(self, to: str = "/") -> Answer:
        """Go to the provider and come back."""
        return self.ask(self.address_back(to))

    def address_back(self, to: str = "/") -> str:
        out = self.ask(f"/door/out?to={urllib.parse.quote(to)}")
        assert out.status == 303, out.text
        back = urllib.parse.urlsplit(self.ask(out.headers["location"]).headers["location"])
        return f"{back.path}?{back.query}"

    @property
    def is_in(self) -> bool:
        return self.ask("/api/projects").status == 200


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def studio(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("people") / "studio"
    kept = StudioSettings.from_environment({"STUDIO_HOME": str(home)})
    set_password(kept, PASSWORD)
    set_client_secret(kept, SECRET)
    with running_studio(home, **provider.environment("ann@example.org, @example.net")) as running:
        yield running


@pytest.fixture(autouse=True)
def _the_provider_is_honest(provider: Provider) -> Iterator[None]:
    yield
    provider.person, provider.denies, provider.claims, provider.signs = "ann@example.org", False, {}, None


def test_a_person_signs_in_and_comes_to_what_was_asked_for(studio: Studio, provider: Provider) -> None:
    provider.person = "Ann@Example.org"
    browser = Browser(studio)
    door = browser.ask("/door?to=/queue").text
    assert "Sign in with 127.0.0.1" in door
    assert "/door/out?to=%2Fqueue" in door
    assert 'type="password"' in door

    arrived = browser.sign_in("/queue?lang=en")

    assert arrived.status == 200
    assert 'http-equiv="refresh" content="0; url=/queue?lang=en"' in arrived.text
    kept = "\n".join(arrived.headers.get_all("set-cookie", []))
    assert "SameSite=strict" in kept
    assert "HttpOnly" in kept
    assert browser.is_in
    assert "signed in as ann@example.org" in browser.ask("/door").text
    assert "your own projects" in browser.ask("/door").text


@pytest.mark.parametrize("to", ["//else.example/", "https://else.example/", "/door/back?state=x", "/door/out"])
def test_nobody_is_sent_elsewhere_by_signing_in(studio: Studio, to: str) -> None:
    assert 'content="0; url=/"' in Browser(studio).sign_in(to).text


def test_everybody_of_a_domain_comes_in_that_is_named(studio: Studio, provider: Provider) -> None:
    provider.person = "bob@example.net"
    browser = Browser(studio)
    browser.sign_in()
    assert browser.is_in


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another nonce": ({"nonce": "another"}, "cannot be relied on"),
    "no nonce": ({"nonce": None}, "cannot be relied on"),
    "another audience": ({"aud": "another", "azp": "studio at example"}, "cannot be relied on"),
    "another party": ({"azp": "another"}, "cannot be relied on"),
    "another issuer": ({"iss": "https://else.example"}, "cannot be relied on"),
    "expired": ({"exp": 1_700_000_000, "iat": 1_699_999_000}, "cannot be relied on"),
    "not verified": ({"email_verified": False}, "is verified"),
    "verified, it is said": ({"email_verified": "true"}, "is verified"),
    "two addresses": ({"email": "x@else.example@example.net"}, "is verified"),
    "none": ({"email": ""}, "is verified"),
    "a stranger": ({"email": "eve@example.org"}, "eve@example.org is not among those"),
    "a domain within another": ({"email": "eve@sub.example.net"}, "is not among those"),
}


@pytest.mark.parametrize("lie", LIES)
def test_who_is_not_vouched_for_as_is_needed_is_told_so(studio: Studio, provider: Provider, lie: str) -> None:
    provider.claims, sentence = LIES[lie]
    browser = Browser(studio)
    answer = browser.sign_in()
    assert (answer.status, sentence in answer.text) == (403, True), answer.text
    assert "studio-session" not in browser.cookies
    assert not browser.is_in


def test_what_another_key_signs_counts_for_nothing(studio: Studio, provider: Provider) -> None:
    provider.signs = RSAKey.generate_key(2048, {"kid": "one"})
    assert "cannot be relied on" in Browser(studio).sign_in().text


def test_a_denied_consent_is_said(studio: Studio, provider: Provider) -> None:
    provider.denies = True
    assert "was told not to say who you are" in Browser(studio).sign_in().text


def test_a_way_back_is_one_that_was_begun_here_by_this_browser_and_once(studio: Studio) -> None:
    browser = Browser(studio)
    back = browser.address_back()
    assert "not begun here" in Browser(studio).ask(back).text
    held = browser.cookies["studio-arriving"]
    assert "not begun here" in browser.ask(back.replace("state=", "state=x")).text
    # The wrong one used it up.
    browser.cookies["studio-arriving"] = held
    assert "not begun here" in browser.ask(back).text
    again = browser.address_back()
    held = browser.cookies["studio-arriving"]
    assert browser.ask(again).status == 200
    replayed = Browser(studio, {"studio-arriving": held}).ask(again)
    assert (replayed.status, "not begun here" in replayed.text) == (403, True)
    assert Browser(studio).ask("/door/back").status == 403


def test_nothing_secret_is_written_into_the_log(studio: Studio, provider: Provider) -> None:
    provider.claims = {"nonce": "another"}
    Browser(studio).sign_in()
    said = studio.log.read_text(encoding="utf-8", errors="replace")
    assert "people for whom 127.0.0.1 vouches" in said
    assert "Signing in with 127.0.0.1 failed: invalid_claim" in said
    assert not any(word in said for word in (SECRET, "example.org", "Traceback", "code="))


def test_each_sees_their_own_projects_and_the_keeper_all(studio: Studio, provider: Provider) -> None:
    ann, bob, keeper = Browser(studio), Browser(studio), Browser(studio)
    ann.sign_in()
    provider.person = "bob@example.net"
    bob.sign_in()
    form = urllib.parse.urlencode({"password": PASSWORD, "to": "/"})
    keeper.ask("/door", "POST", form, **{"Content-Type": "application/x-www-form-urlencoded"})
    hers = ann.ask("/api/projects", "POST", '{"name": "Hers"}').json["id"]
    his = bob.ask("/api/projects", "POST", '{"name": "His"}').json["id"]

    assert [one["name"] for one in ann.ask("/api/projects").json] == ["Hers"]
    assert [one["name"] for one in bob.ask("/api/projects").json] == ["His"]
    assert {"Hers", "His"} < {one["name"] for one in keeper.ask("/api/projects").json}
    assert bob.ask(f"/api/projects/{hers}").status == 404
    assert bob.ask(f"/api/projects/{hers}/delete", "POST", "{}").status == 404
    assert ann.ask("/api/queue/pause", "POST", "{}").status == 403
    # By a link anybody looks, a person as well.
    made = ann.ask(f"/api/projects/{hers}/guest-links", "POST", '{"name": "", "days": 7, "may_note": false}')
    assert "Hers" in bob.ask(urllib.parse.urlsplit(made.json["address"]).path).text
    assert keeper.ask(f"/api/projects/{his}").status == 200


def test_who_is_taken_off_the_list_is_out_at_once_and_another_secret_ends_all(
    provider: Provider, tmp_path: Path
) -> None:
    home = tmp_path / "studio"
    kept = StudioSettings.from_environment({"STUDIO_HOME": str(home)})
    set_client_secret(kept, SECRET)
    with running_studio(home, **provider.environment("ann@example.org @example.net")) as before:
        browser = Browser(before)
        browser.sign_in()
        assert browser.is_in
        assert 'type="password"' not in Browser(before).ask("/door").text
    with running_studio(home, **provider.environment("@example.net")) as after:
        browser.studio = after
        assert not browser.is_in
        provider.person = "bob@example.net"
        browser.sign_in()
        assert browser.is_in
        held = {"Cookie": f"studio-session={browser.cookies['studio-session']}"}
        stream = after.url.replace("http", "ws", 1) + "/_stcore/stream"
        spoken = [Subprotocol("streamlit")]
        with connect(stream, subprotocols=spoken, additional_headers=held, proxy=None) as page:
            set_client_secret(kept, SECRET)
            assert not browser.is_in
            time.sleep(1.1)  # it is looked at once a second
            page.send(b"")
            with pytest.raises(ConnectionClosed):
                read_to_the_end(page)
        with pytest.raises(InvalidStatus), connect(stream, subprotocols=spoken, additional_headers=held, proxy=None):
            pass


def read_to_the_end(page: ClientConnection) -> None:
    while True:
        page.recv(timeout=20)


def test_a_provider_that_is_down_is_said_in_a_sentence(tmp_path: Path) -> None:
    with running_provider() as gone:
        settings = gone.environment("ann@example.org")
    home = tmp_path / "studio"
    set_client_secret(StudioSettings.from_environment({"STUDIO_HOME": str(home)}), SECRET)
    with running_studio(home, **settings) as studio:
        begun = time.monotonic()
        answer = Browser(studio).ask("/door/out")
        assert (answer.status, "does not answer" in answer.text) == (503, True)
        assert time.monotonic() - begun < 15
