"""Who may come into a shared studio besides the keeper: people for whom an OpenID Connect provider vouches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from framepack.errors import SettingRejected
from framepack.messages import Message

ISSUER, CLIENT_ID, PEOPLE = "STUDIO_OIDC_ISSUER", "STUDIO_OIDC_CLIENT_ID", "STUDIO_OIDC_PEOPLE"


@dataclass(frozen=True)
class SignIn:
    """The provider's address, the studio's name there, and who may come in.

    ``people`` are e-mail addresses in small letters, or "@domain" for everybody there.
    """

    issuer: str
    client_id: str
    people: tuple[str, ...]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> SignIn | None:
        """What STUDIO_OIDC_ISSUER, _CLIENT_ID and _PEOPLE say; None without a provider. Raises SettingRejected."""
        issuer, client_id, said = (environ.get(name, "").strip() for name in (ISSUER, CLIENT_ID, PEOPLE))
        if not issuer:
            return None
        if not is_safe_address(issuer):
            raise SettingRejected(ISSUER, Message("oidc-not-encrypted", {"said": issuer}))
        people = tuple(said.replace(",", " ").lower().split())
        if not client_id or not people or any(not one.partition("@")[2] for one in people):
            raise SettingRejected(PEOPLE if client_id else CLIENT_ID, Message("oidc-incomplete"))
        return cls(issuer, client_id, people)

    def as_environment(self) -> dict[str, str]:
        """What a process of its own has to find in its environment to have the same."""
        return {ISSUER: self.issuer, CLIENT_ID: self.client_id, PEOPLE: " ".join(self.people)}

    @property
    def host(self) -> str:
        """What people know the provider by."""
        return urlsplit(self.issuer).hostname or ""

    def lets_in(self, person: str) -> bool:
        """Whether the person of an e-mail address, in small letters, is among those who may come in."""
        return person in self.people or f"@{person.rpartition('@')[2]}" in self.people


def is_safe_address(address: str) -> bool:
    """Whether what is sent to an address is encrypted, or stays on this computer."""
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    return is_here or (parts.scheme == "https" and bool(parts.hostname))
