"""People who sign in with a provider, at a real studio: who is let in, who is told why not, and what each then sees."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
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


class Browser(httpx2.Client):
    """Keeps cookies, and goes where it is sent."""

    def __init__(self, studio: Studio, **cookies: str) -> None:
        headers = {"origin": studio.url}
        super().__init__(base_url=studio.url, follow_redirects=True, trust_env=False, headers=headers, cookies=cookies)

    def sign_in(self, to: str = "/") -> httpx2.Response:
        return self.get("/door/out", params={"to": to})

    def address_back(self) -> str:
        """Where the provider sends who set out."""
        out = self.get("/door/out", follow_redirects=False).headers["location"]
        return str(self.get(out, follow_redirects=False).headers["location"])

    @property
    def is_in(self) -> bool:
        return self.get("/api/projects").status_code == 200


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


def prepared(home: Path) -> StudioSettings:
    kept = StudioSettings.from_environment({"STUDIO_HOME": str(home)})
    set_client_secret(kept, SECRET)
    return kept


@pytest.fixture(scope="module")
def studio(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    kept = prepared(tmp_path_factory.mktemp("people") / "studio")
    set_password(kept, PASSWORD)
    with running_studio(kept.home, **provider.environment("ann@example.org, @example.net")) as running:
        yield running


@pytest.fixture(autouse=True)
def _honest(provider: Provider) -> Iterator[None]:
    yield
    provider.be_honest()


def test_a_person_signs_in_and_comes_to_what_was_asked_for(studio: Studio, provider: Provider) -> None:
    provider.person = "Ann@Example.org"
    browser = Browser(studio)
    door = browser.get("/door?to=/queue").text
    assert "Sign in with 127.0.0.1" in door
    assert "/door/out?to=%2Fqueue" in door
    assert 'type="password"' in door
    arrived = browser.sign_in("/queue?lang=en")
    assert 'http-equiv="refresh" content="0; url=/queue?lang=en"' in arrived.text
    kept = "".join(arrived.headers.get_list("set-cookie"))
    assert "SameSite=strict" in kept
    assert "HttpOnly" in kept
    assert "signed in as ann@example.org" in browser.get("/door").text
    assert "your own projects" in browser.get("/door").text


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
    "a stranger": ({"email": "eve@example.org"}, "eve@example.org is not among those"),
    "a domain within another": ({"email": "eve@sub.example.net"}, "is not among those"),
}


@pytest.mark.parametrize("lie", LIES)
def test_who_is_not_vouched_for_as_is_needed_is_told_so(studio: Studio, provider: Provider, lie: str) -> None:
    provider.claims, sentence = LIES[lie]
    browser = Browser(studio)
    answer = browser.sign_in()
    assert (answer.status_code, sentence in answer.text) == (403, True), answer.text
    assert not browser.is_in


def test_what_another_key_signs_counts_for_nothing_and_a_denied_consent_is_said(
    studio: Studio, provider: Provider
) -> None:
    provider.signs = RSAKey.generate_key(2048, {"kid": "one"})
    assert "cannot be relied on" in Browser(studio).sign_in().text
    provider.denies = True
    assert "was told not to say who you are" in Browser(studio).sign_in().text


def test_a_way_back_is_one_that_was_begun_here_by_this_browser_and_once(studio: Studio) -> None:
    browser = Browser(studio)
    back = browser.address_back()
    held = browser.cookies["studio-arriving"]
    assert "not begun here" in Browser(studio).get(back).text
    assert "not begun here" in browser.get(back.replace("state=", "state=x")).text
    # The wrong one used it up.
    assert "not begun here" in Browser(studio, **{"studio-arriving": held}).get(back).text
    again = browser.address_back()
    held = browser.cookies["studio-arriving"]
    assert browser.get(again).status_code == 200
    replayed = Browser(studio, **{"studio-arriving": held}).get(again)
    assert (replayed.status_code, "not begun here" in replayed.text) == (403, True)


def test_each_sees_their_own_projects_and_the_keeper_all(studio: Studio, provider: Provider) -> None:
    ann, bob, keeper = Browser(studio), Browser(studio), Browser(studio)
    ann.sign_in()
    provider.person = "bob@example.net"
    bob.sign_in()
    keeper.post("/door", data={"password": PASSWORD, "to": "/"})
    hers = ann.post("/api/projects", json={"name": "Hers"}).json()["id"]
    bob.post("/api/projects", json={"name": "His"})
    for browser, names in ((ann, {"Hers"}), (bob, {"His"}), (keeper, {"Hers", "His", "The lighthouse"})):
        assert {one["name"] for one in browser.get("/api/projects").json()} == names
    assert bob.get(f"/api/projects/{hers}").status_code == 404
    assert ann.post("/api/queue/pause", json={}).status_code == 403
    # By a link anybody looks, a person as well.
    link = ann.post(f"/api/projects/{hers}/guest-links", json={}).json()["address"]
    assert "Hers" in bob.get(link).text


def test_nothing_secret_is_written_into_the_log(studio: Studio, provider: Provider) -> None:
    provider.claims = {"nonce": "another"}
    Browser(studio).sign_in()
    said = studio.log.read_text(encoding="utf-8", errors="replace")
    assert "people for whom 127.0.0.1 vouches" in said
    assert "Signing in with 127.0.0.1 failed: invalid_claim" in said
    assert not any(word in said for word in (SECRET, "example.org", "Traceback", "code="))


def test_who_is_taken_off_the_list_is_out_at_once_and_another_secret_ends_all(
    provider: Provider, tmp_path: Path
) -> None:
    kept = prepared(tmp_path / "studio")
    with running_studio(kept.home, **provider.environment("ann@example.org @example.net")) as before:
        browser = Browser(before)
        browser.sign_in()
        assert browser.is_in
        assert 'type="password"' not in Browser(before).get("/door").text
        held = browser.cookies["studio-session"]
    with running_studio(kept.home, **provider.environment("@example.net")) as after:
        assert not Browser(after, **{"studio-session": held}).is_in
        provider.person = "bob@example.net"
        browser = Browser(after)
        browser.sign_in()
        assert browser.is_in
        with opened(after, browser) as page:
            set_client_secret(kept, SECRET)
            assert not browser.is_in
            time.sleep(1.1)  # it is looked at once a second
            page.send(b"")
            with pytest.raises(ConnectionClosed):
                read_to_the_end(page)
        with pytest.raises(InvalidStatus), opened(after, browser):
            pass


def opened(studio: Studio, browser: Browser) -> ClientConnection:
    cookie = {"Cookie": f"studio-session={browser.cookies['studio-session']}"}
    address = f"{studio.url.replace('http', 'ws', 1)}/_stcore/stream"
    return connect(address, subprotocols=[Subprotocol("streamlit")], additional_headers=cookie, proxy=None)


def read_to_the_end(page: ClientConnection) -> None:
    while True:
        page.recv(timeout=20)


def test_a_provider_that_is_down_is_said_in_a_sentence(tmp_path: Path) -> None:
    with running_provider() as gone:
        settings = gone.environment("ann@example.org")
    with running_studio(prepared(tmp_path / "studio").home, **settings) as studio:
        answer = Browser(studio).sign_in()
        assert (answer.status_code, "does not answer" in answer.text) == (503, True)
        (tmp_path / "studio" / "door" / "password.json").write_text("{")
        answer = Browser(studio).sign_in()
        assert (answer.status_code, "does not answer" in answer.text) == (503, True)
