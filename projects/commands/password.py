"""``python -m projects password``: sets the password of a studio that is shared. It is typed twice and never shown."""

from __future__ import annotations

import getpass
import sys

from framepack.messages import Message
from projects.door.password import set_password, token_path
from projects.errors import StudioError
from projects.messages import in_english
from projects.settings import StudioSettings


def ask_for_password(settings: StudioSettings) -> None:
    """Ask for a password and keep its hash. Raises StudioError where there is no terminal, or it cannot be taken."""
    if not sys.stdin.isatty():
        # What is piped in stands in a history or a file.
        raise StudioError(Message("password-no-terminal"))
    first = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != first:
        raise StudioError(Message("passwords-differ"))
    set_password(settings, first)
    print(in_english(Message("password-set", {"token": str(token_path(settings))})))
