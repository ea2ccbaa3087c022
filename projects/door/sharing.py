"""Whether a studio may listen where it was told to: on this computer always, elsewhere by a decision, and with a door.

A door is a password, or a provider that vouches for people.
"""

from __future__ import annotations

import ipaddress

from framepack.messages import Message
from projects.door.password import kept_password
from projects.door.people import kept_client
from projects.settings import StudioSettings

LOOPBACK = "127.0.0.1"
# What a server listens at to be reached at every address of its computer.
EVERY_ADDRESS = ("0.0.0.0", "::", "")


def refusal(settings: StudioSettings, address: str) -> Message | None:
    """Why a studio with ``settings`` must not listen at ``address``; None where it may. Raises StudioError."""
    if not settings.share:
        return None if is_loopback(address) else Message("share-undecided", {"address": address})
    if settings.sign_in is not None and kept_client(settings) is None:
        return Message("oidc-no-secret")
    has_door = settings.sign_in is not None or kept_password(settings) is not None
    return None if has_door else Message("share-no-password")


def who_comes_in(settings: StudioSettings) -> Message:
    """Whom a shared studio lets in, and what they may do there. Raises StudioError."""
    by_password = Message("share-by-password")
    if settings.sign_in is None:
        return by_password
    people = Message("share-by-people", {"host": settings.sign_in.host})
    if kept_password(settings) is None:
        return people
    return Message("share-by-both", {"password": by_password, "people": people})


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
