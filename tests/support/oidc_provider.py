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
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "studio at example", "s3cret:of/the studio"


class Provider:
    """``claims`` are put over those that are right, and ``signs`` is the key that it signs with."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.asked: dict[str, dict[str, str]] = {}
        self.be_honest()

    def be_honest(self) -> None:
        self.person, self.denies, self.signs = "ann@example.org", False, self.key
        self.claims: dict[str, Any] = {}

    def environment(self, people: str) -> dict[str, str]:
        """The settings of a studio that relies on it."""
        named = {"STUDIO_OIDC_ISSUER": self.url, "STUDIO_OIDC_CLIENT_ID": CLIENT, "STUDIO_OIDC_PEOPLE": people}
        return {"STUDIO_SHARE": "1", **named}

    def back(self, asked: dict[str, str]) -> str:
        """Where somebody is sent who agreed, or did not."""
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = secrets.token_urlsafe(16)
        self.asked[code] = asked
        said = {"error": "access_denied"} if self.denies else {"code": code}
        return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], **said})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """What a code is exchanged for, once, by who has the secret and what the code was asked for with."""
        asked = self.asked.pop(form["code"], {"redirect_uri": ""})
        who = base64.b64decode(authorization.partition(" ")[2]).decode().split(":", 1)
        hashed = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if [unquote(one) for one in who] != [CLIENT, SECRET] or form["redirect_uri"] != asked["redirect_uri"]:
            return {"error": "invalid_grant"}
        assert hashed.rstrip("=") == asked["code_challenge"]
        now = int(time.time())
        right = {"iss": self.url, "aud": CLIENT, "sub": self.person, "iat": now, "exp": now + 300}
        right |= {"nonce": asked["nonce"], "email": self.person, "email_verified": True}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, right | self.claims, self.signs)
        return {"access_token": "of no use", "token_type": "Bearer", "id_token": signed}


@contextlib.contextmanager
def running_provider() -> Iterator[Provider]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/authorize":
                self._say({}, provider.back(dict(parse_qsl(query))))
            elif path == "/keys":
                self._say(KeySet([provider.key]).as_dict(private=False))
            else:
                places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
                self._say({"issuer": url} | {name: f"{url}/{place}" for name, place in places.items()})

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["content-length"])).decode()
            self._say(provider.token(dict(parse_qsl(form)), self.headers["authorization"]))

        def _say(self, told: dict[str, Any], to: str = "") -> None:
            self.send_response(303 if to else 400 if "error" in told else 200)
            self.send_header("location", to)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        provider = Provider(url)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield provider
        server.shutdown()
