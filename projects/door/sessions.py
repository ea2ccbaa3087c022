"""Who has signed in: a small file each, named by the hash of what the browser holds, which itself is kept nowhere.

A file's time says when it was last used. It ends a while after that, and some days after it began in any case.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from projects.door.own_files import keep_private
from projects.settings import StudioSettings

# What the browser holds its part in.
COOKIE = "studio-session"
SECONDS_UNUSED, SECONDS_AT_MOST = 12 * 3600, 7 * 24 * 3600
# That it is used is not written down more often.
SECONDS_BETWEEN_NOTES = 60
MOST_SESSIONS = 500
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class DoorSession:
    """One who has signed in, by what has the id ``by``; times in seconds since 1970.

    ``person`` is the e-mail address of whom a provider vouched for; None: the keeper, who knows the password.
    """

    begun: float
    used: float
    by: str
    person: str | None = None

    def is_over(self, now: float) -> bool:
        """Whether it has ended by itself."""
        return now - self.used > SECONDS_UNUSED or now - self.begun > SECONDS_AT_MOST


def begin_session(settings: StudioSettings, by: str, now: float, person: str | None = None) -> str:
    """Let somebody in, by the password or as a person; returns what the browser is to hold, 256 random bits."""
    _tidy(settings, now)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    path = _path(settings, token)
    keep_private(path, json.dumps({"begun": now, "password": by, "person": person}))
    os.utime(path, (now, now))
    return token


def find_session(settings: StudioSettings, token: str, by: str, now: float) -> DoorSession | None:
    """The session that ``token`` is of, which counts as used now; None where there is none ``by`` this, or it ended."""
    path = _path(settings, token)
    found = _read(path)
    if found is None or found.by != by or found.is_over(now):
        return None
    if now - found.used > SECONDS_BETWEEN_NOTES:
        with suppress(FileNotFoundError):
            os.utime(path, (now, now))
    return found


def end_session(settings: StudioSettings, token: str) -> None:
    """Let nobody in by ``token`` any more."""
    _path(settings, token).unlink(missing_ok=True)


def end_all_sessions(settings: StudioSettings) -> None:
    """Let nobody in who has signed in before."""
    for path in _folder(settings).glob("*.json"):
        path.unlink(missing_ok=True)


def _tidy(settings: StudioSettings, now: float) -> None:
    """Remove what is over, and the longest unused where there are too many."""
    found = {path: _read(path) for path in _folder(settings).glob("*.json")}
    going = [path for path, session in found.items() if session is None or session.is_over(now)]
    used = {path: session.used for path, session in found.items() if session is not None and path not in going}
    going += sorted(used, key=lambda path: used[path])[: max(0, len(used) - MOST_SESSIONS + 1)]
    for path in going:
        path.unlink(missing_ok=True)


def _read(path: Path) -> DoorSession | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        person = kept.get("person")
        return DoorSession(float(kept["begun"]), path.stat().st_mtime, str(kept["password"]), person and str(person))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None  # it was ended, or was not written whole: who held it signs in again


def _folder(settings: StudioSettings) -> Path:
    return settings.door_dir / "sessions"


def _path(settings: StudioSettings, token: str) -> Path:
    return _folder(settings) / f"{hashlib.sha256(token.encode('utf-8', 'surrogateescape')).hexdigest()}.json"
