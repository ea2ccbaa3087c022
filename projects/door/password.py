"""The studio's password: its argon2id hash in a file of the home that only its owner reads, and never the word itself.

Beside it lies the token by which programs of this computer come in. Both are changed together.
"""

from __future__ import annotations

import hmac
import json
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import argon2

from framepack.messages import Message
from projects.door.own_files import keep_private
from projects.door.sessions import end_all_sessions
from projects.errors import StudioError
from projects.settings import StudioSettings

LEAST_CHARACTERS, MOST_CHARACTERS = 10, 256
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Password:
    """What is kept of a password: its hash, and ``id``, which is another one each time that a password is set."""

    hash: str
    id: str


def set_password(settings: StudioSettings, password: str) -> None:
    """Make ``password`` the studio's. Whoever came in by the earlier one has to come in anew, programs too.

    Raises StudioError for one that is too short or too long.
    """
    if len(password) < LEAST_CHARACTERS:
        raise StudioError(Message("password-too-short", {"least": LEAST_CHARACTERS}))
    if len(password) > MOST_CHARACTERS:
        raise StudioError(Message("password-too-long", {"most": MOST_CHARACTERS}))
    kept = {"hash": argon2.PasswordHasher().hash(_plain(password)), "id": secrets.token_hex(16)}
    keep_private(_path(settings), json.dumps(kept))
    end_all_sessions(settings)
    keep_private(token_path(settings), secrets.token_urlsafe(_TOKEN_BYTES))


def kept_password(settings: StudioSettings) -> Password | None:
    """What is kept of the password, None where there is none yet. Raises StudioError where the file is damaged."""
    path = _path(settings)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Password(str(kept["hash"]), str(kept["id"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise StudioError(Message("password-damaged", {"file": str(path)})) from None


def is_password(settings: StudioSettings, said: str) -> bool:
    """Whether ``said`` is the password. It takes a tenth of a second, and as long for a wrong one.

    Raises StudioError where what is kept is damaged.
    """
    kept = kept_password(settings)
    if kept is None or len(said) > MOST_CHARACTERS:
        return False
    try:
        return argon2.PasswordHasher().verify(kept.hash, _plain(said))
    except argon2.exceptions.VerifyMismatchError:
        return False
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        raise StudioError(Message("password-damaged", {"file": str(_path(settings))})) from None


def token_path(settings: StudioSettings) -> Path:
    """Where the token for programs of this computer lies."""
    return settings.door_dir / "token"


def program_token(settings: StudioSettings) -> str | None:
    """The token, None where no password was set yet."""
    try:
        return token_path(settings).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def is_program_token(settings: StudioSettings, said: str) -> bool:
    """Whether ``said`` is the token."""
    kept = program_token(settings)
    return kept is not None and hmac.compare_digest(kept.encode(), said.encode())


def _path(settings: StudioSettings) -> Path:
    return settings.door_dir / "password.json"


def _plain(password: str) -> str:
    # Keyboards differ in how they compose letters.
    return unicodedata.normalize("NFC", password)
