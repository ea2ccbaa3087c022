"""Owns how the hub of published weights is reached: its address or a mirror's, a proxy, or not at all. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants, set_client_factory, utils

from framepack.errors import SettingRejected
from framepack.messages import Message

_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True)
class HubOptions:
    """``endpoint`` is the hub's address or a mirror's, None for what the client has; ``proxy`` that of a proxy.

    None leaves it to what the system says. ``offline``: nothing is ever asked for.
    """

    endpoint: str | None = None
    proxy: str | None = None
    offline: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> HubOptions:
        """STUDIO_HUB_ENDPOINT, STUDIO_PROXY and STUDIO_OFFLINE; an empty one is not set. Raises SettingRejected."""
        offline = environ.get("STUDIO_OFFLINE", "").strip().lower()
        if offline not in _YES | _NO:
            raise SettingRejected("STUDIO_OFFLINE", Message("no-yes-or-no", {"said": offline}))
        return cls(
            endpoint=_address(environ, "STUDIO_HUB_ENDPOINT", ("http", "https")),
            proxy=_address(environ, "STUDIO_PROXY", ("http", "https")),
            offline=offline in _YES or constants.HF_HUB_OFFLINE,
        )


@contextmanager
def hub_client(options: HubOptions) -> Iterator[None]:
    """Have the hub's client go through the proxy meanwhile, where there is one."""
    if options.proxy is None:
        yield
        return
    set_client_factory(lambda: httpx2.Client(proxy=options.proxy, follow_redirects=True, timeout=None))
    try:
        yield
    finally:
        set_client_factory(utils._http.default_client_factory)


def _address(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    said = environ.get(name, "").strip().rstrip("/")
    if not said:
        return None
    parts = urlsplit(said)
    if parts.scheme not in schemes or not parts.hostname:
        raise SettingRejected(name, Message("no-address", {"said": said, "example": f"{schemes[-1]}://example.org"}))
    return said
