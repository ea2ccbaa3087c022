"""Who is within a shared studio: the keeper, by the password, or a person, by the provider that vouches for them.

And the secret by which the provider knows the studio, in a file of the home that only its owner reads.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

from framepack.messages import Message
from projects.door.own_files import keep_private
from projects.door.password import kept_password
from projects.door.sessions import DoorSession, begin_session, find_session
from projects.errors import StudioError
from projects.settings import StudioSettings
from projects.sign_in import SignIn


@dataclass(frozen=True)
class Client:
    """What the studio is to the provider; ``id`` is another one each time that the secret is set."""

    id: str
    secret: str = field(repr=False)


def set_client_secret(settings: StudioSettings, secret: str) -> None:
    """Keep what the provider gave as the studio's secret. People have to sign in anew."""
    keep_private(_path(settings), json.dumps({"id": secrets.token_hex(16), "secret": secret.strip()}))


def kept_client(settings: StudioSettings) -> Client | None:
    """What the studio is to the provider; None where no secret was set yet, or it is damaged."""
    try:
        kept = json.loads(_path(settings).read_text(encoding="utf-8"))
        return Client(str(kept["id"]), str(kept["secret"])) if kept["secret"] else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def who_is_in(settings: StudioSettings, token: str) -> DoorSession | None:
    """The session that ``token`` is of, None where it lets nobody in (any more). Raises StudioError.

    A person who is not among those who may come in any more is out at once.
    """
    now = time.time()
    kept = kept_password(settings)
    found = find_session(settings, token, kept.id, now) if token and kept is not None else None
    if found is not None:
        return found
    client, sign_in = kept_client(settings), settings.sign_in
    if not token or client is None or sign_in is None:
        return None
    found = find_session(settings, token, _vouched(sign_in, client), now)
    return found if found is not None and found.person is not None and sign_in.lets_in(found.person) else None


def begin_persons_session(settings: StudioSettings, sign_in: SignIn, client: Client, person: str) -> str:
    """Let a person in; returns what the browser is to hold. Raises StudioError for whom the settings do not name."""
    if not sign_in.lets_in(person):
        raise StudioError(Message("oidc-not-let-in", {"person": person}))
    return begin_session(settings, _vouched(sign_in, client), time.time(), person)


def _vouched(sign_in: SignIn, client: Client) -> str:
    return f"{client.id} {sign_in.client_id} {sign_in.issuer}"


def _path(settings: StudioSettings) -> Path:
    return settings.door_dir / "client.json"
