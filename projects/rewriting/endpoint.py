"""Owns which endpoint rewrites sentences, as the environment names it. Off where it names none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from framepack.errors import SettingRejected
from framepack.fetching.hub import HubOptions
from framepack.messages import Message
from projects.settings import is_shared, is_yes

_CHAT = "/chat/completions"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Endpoint:
    """An interface in the form of OpenAI's chat completions: ``url`` is the address that is asked.

    ``key`` is told to nobody else and is in no text of this object. ``offline``: it may not be asked.
    ``withheld``: nor may it while the studio is shared, since one password lets all in alike, its owner among them.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    offline: bool = False
    withheld: bool = False

    @property
    def host(self) -> str:
        """Whom it belongs to, as people are told, with the port where one is named."""
        return urlsplit(self.url).netloc

    @property
    def is_readable_on_the_way(self) -> bool:
        """Whether what is sent leaves this computer without encryption."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def named_endpoint(environ: Mapping[str, str]) -> Endpoint | None:
    """STUDIO_REWRITING_URL, STUDIO_REWRITING_MODEL, STUDIO_REWRITING_KEY, STUDIO_REWRITING_SHARED, STUDIO_SHARE and
    STUDIO_OFFLINE; None without an address.

    Raises SettingRejected.
    """
    said = environ.get("STUDIO_REWRITING_URL", "").strip()
    if not said:
        return None
    model = environ.get("STUDIO_REWRITING_MODEL", "").strip()
    if not model:
        raise SettingRejected("STUDIO_REWRITING_MODEL", Message("rewriting-without-model"))
    offline = HubOptions.from_environment(environ).offline
    withheld = is_shared(environ) and not is_yes(environ, "STUDIO_REWRITING_SHARED")
    return Endpoint(_address(said), model, _key(environ.get("STUDIO_REWRITING_KEY", "").strip()), offline, withheld)


def _address(said: str) -> str:
    try:
        parts = urlsplit(said)
        known = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:  # brackets or a port that are none
        known = False
    if not known or "@" in parts.netloc or parts.query or parts.fragment:
        # What stands there is not repeated: a password may be in it.
        raise SettingRejected("STUDIO_REWRITING_URL", Message("rewriting-no-address"))
    return f"{said.rstrip('/').removesuffix(_CHAT)}{_CHAT}"


def _key(said: str) -> str | None:
    if any(not "!" <= sign <= "~" for sign in said):
        raise SettingRejected("STUDIO_REWRITING_KEY", Message("rewriting-no-key"))
    return said or None
