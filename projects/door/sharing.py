"""Whether a studio may listen where it was told to: on this computer always, elsewhere by a decision and a password."""

from __future__ import annotations

import ipaddress

from framepack.messages import Message
from projects.door.password import kept_password
from projects.settings import StudioSettings

LOOPBACK = "127.0.0.1"
# What a server listens at to be reached at every address of its computer.
EVERY_ADDRESS = ("0.0.0.0", "::", "")


def refusal(settings: StudioSettings, address: str) -> Message | None:
    """Why a studio with ``settings`` must not listen at ``address``; None where it may. Raises StudioError."""
    if not settings.share:
        return None if is_loopback(address) else Message("share-undecided", {"address": address})
    return None if kept_password(settings) is not None else Message("share-no-password")


def is_loopback(address: str) -> bool:
    """Whether only this computer can reach ``address``."""
    if address == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
