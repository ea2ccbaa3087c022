"""A provider of OpenID Connect on this computer, which vouches for whom a test says, and lies where a test wants it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.support.running_studio import free_port

CLIENT, SECRET = "studio at example", "s3cret:of/the studio"


@dataclass
class Provider:
    """What it says: ``claims`` are put over those that are right, and ``signs`` is the key that it signs with."""

    url: str
    person: str = "ann@example.org"
    denies: bool = False
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    signs: RSAKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def environment(self, people: str) -> dict[str, str]:
        """The settings of a studio that relies on it."""
        return {
            **{"STUDIO_SHARE": "1", "STUDIO_OIDC_ISSUER": self.url, "STUDIO_OIDC_CLIENT_ID": CLIENT},
            "STUDIO_OIDC_PEOPLE": people,
        }

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def address_back(self, asked: dict[str, str]) -> str:
        """Where somebody who agreed, or did not, is sent."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        assert asked["nonce"]
        said = {"state": asked["state"]}
        if self.denies:
            return f"{asked['redirect_uri']}?{urllib.parse.urlencode(said | {'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self.asked[code] = asked
        return f"{asked['redirect_uri']}?{urllib.parse.urlencode(said | {'code': code})}"

    def token_for(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """What a code is exchanged for, once, by who has the secret and what the code was asked for with."""
        asked = self.asked.pop(form["code"], None)
        name, _, secret = base64.b64decode(authorization.partition(" ")[2]).decode().partition(":")
        hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
        known = (urllib.parse.unquote(name), urllib.parse.unquote(secret)) == (CLIENT, SECRET)
        if asked is None or not known or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        assert base64.urlsafe_b64encode(hashed).decode().rstrip("=") == asked["code_challenge"]
        now = int(time.time())
        claims = {
            **{"iss": self.url, "aud": CLIENT, "sub": self.person, "iat": now, "exp": now + 300},
            **{"nonce": asked["nonce"], "email": self.person, "email_verified": True, **self.claims},
        }
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs or self.key)
        return {"access_token": "of no use", "token_type": "Bearer", "id_token": signed}


@contextlib.contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider that listens on this computer."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/authorize":
                self.send_response(303)
                self.send_header("location", provider.address_back(dict(urllib.parse.parse_qsl(query))))
                self.end_headers()
            elif path == "/keys":
                self._say(200, KeySet([provider.key]).as_dict(private=False))
            else:
                assert path == "/.well-known/openid-configuration"
                self._say(200, provider.described())

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["content-length"])).decode()
            token = provider.token_for(dict(urllib.parse.parse_qsl(form)), self.headers.get("authorization", ""))
            self._say(200 if token else 400, token or {"error": "invalid_grant"})

        def _say(self, status: int, told: object) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
