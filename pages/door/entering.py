"""What lets somebody in: the password, slowed where it is wrong; a browser's cookie; a program's token.

It answers nothing itself.
"""

from __future__ import annotations

import base64
import binascii
import functools
import time
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection

from projects.door.password import is_password, is_program_token, kept_password
from projects.door.people import who_is_in
from projects.door.sessions import COOKIE, DoorSession, begin_session, end_session
from projects.door.slowing import Slowing
from projects.settings import StudioSettings

# A browser has to show it to who comes back from a provider, from elsewhere, so it is another than that of the session.
ARRIVING = "studio-arriving"
SECONDS_AWAY = 600


@dataclass(frozen=True)
class Try:
    """What came of a password: whether it was ``right``, or how many seconds to ``wait`` before it is looked at."""

    right: bool
    wait: float = 0.0


@functools.cache
def _slowing() -> Slowing:
    return Slowing()


@functools.cache
def _one_at_a_time() -> CapacityLimiter:
    # Each takes 64 MiB and a tenth of a second of a processor.
    return CapacityLimiter(1)


async def try_password(settings: StudioSettings, asking: HTTPConnection, password: str) -> Try:
    """Look at a password, unless too many were wrong of late. Raises StudioError where none can be looked at."""
    address = asking.client.host if asking.client is not None else ""
    wait = _slowing().begin_try(address, time.monotonic())
    if wait > 0:
        return Try(right=False, wait=wait)
    right = await to_thread.run_sync(is_password, settings, password, limiter=_one_at_a_time())
    if right:
        _slowing().was_right(address)
    return Try(right)


def session_of(settings: StudioSettings, asking: HTTPConnection) -> DoorSession | None:
    """The session that the browser is in, None where it is in none. Raises StudioError."""
    return who_is_in(settings, asking.cookies.get(COOKIE, ""))


def enter(settings: StudioSettings, asking: HTTPConnection) -> str | None:
    """Begin a session in place of the one that the browser is in; returns what it is to hold. Raises StudioError."""
    leave(settings, asking)
    kept = kept_password(settings)
    return begin_session(settings, kept.id, time.time()) if kept is not None else None


def leave(settings: StudioSettings, asking: HTTPConnection) -> None:
    """End the session that the browser is in."""
    end_session(settings, asking.cookies.get(COOKIE, ""))


async def try_program(settings: StudioSettings, asking: HTTPConnection) -> Try:
    """What comes of a program's Authorization header: a token of this computer's, or the password for any name.

    Raises StudioError.
    """
    scheme, _, said = asking.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Try(is_program_token(settings, said.strip()))
    if scheme.lower() != "basic":
        return Try(right=False)
    try:
        _, colon, password = base64.b64decode(said.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return Try(right=False)
    return await try_password(settings, asking, password) if colon else Try(right=False)
