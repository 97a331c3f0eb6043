"""A real authorization server on the loopback: Authlib's, with PKCE, rotation and `iss`."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx
from authlib.integrations.flask_oauth2.authorization_server import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

CLIENT, SECRET = "portico", "cl1ent-s3cret"
LIFE = 100
"""Seconds that an access token lives."""
METHODS = ["client_secret_basic", "client_secret_post"]
"""How the client shows its secret."""


class Client(ClientMixin):
    """The one client that the server knows."""

    client_id = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return urlsplit(redirect_uri).path == "/oauth2/callback"

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, _method: str, _endpoint: str) -> bool:
        return True

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "refresh_token"}


@dataclass
class Code:
    """A code that was given."""

    code: str
    user: str
    redirect_uri: str
    scope: str
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Given(TokenMixin):
    """Tokens that were given."""

    user: str
    scope: str
    access_token: str
    refresh_token: str
    revoked: bool = False

    def check_client(self, _client: Any) -> bool:
        return True

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return LIFE

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return self.revoked


@dataclass
class Authority:
    """The server: what it gave, what it was asked, and how it behaves."""

    origin: str = ""
    user: str = "alice"
    """Who sits before the browser."""
    denies: bool = False
    down: bool = False
    held: Event | None = None
    """Until it is set nobody is given a token; who waited for it is refused with 503 then."""
    waiting: int = 0
    """How many wait."""
    wants_pkce: bool = True
    rotates: bool = True
    revokes: bool = True
    """Whether it has a place where tokens are revoked, and says so."""
    refuses: bool = False
    """Whether it takes no client there."""
    grace: bool = False
    """Whether an old refresh token is still taken after a new one was given."""
    codes: dict[str, Code] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    """The forms that came to the token endpoint."""
    revoked: list[dict[str, str]] = field(default_factory=list)
    """The forms that came to the place where tokens are revoked."""
    lock: Lock = field(default_factory=Lock)

    def grants(self) -> list[str]:
        """Which grants were asked for."""
        return [each["grant_type"] for each in self.asked]

    def users(self, token: str) -> list[str]:
        """Whose an access token is."""
        return [each.user for each in self.given if each.access_token == token]

    def revoke(self) -> None:
        """Takes every consent back."""
        for each in self.given:
            each.revoked = True

    async def consent(self, url: str) -> str:
        """Sits before the browser: the address to which it is sent back."""
        async with httpx.AsyncClient() as browser:
            answer = await browser.get(url)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def __enter__(self) -> Self:
        self._server = make_server("127.0.0.1", 0, _app(self), threaded=True)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def an_authority(**fields: Any) -> Iterator[Authority]:
    """A server that speaks http, which Authlib does for tests alone."""
    before = os.environ.get("AUTHLIB_INSECURE_TRANSPORT")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        with Authority(**fields) as authority:
            yield authority
    finally:
        del os.environ["AUTHLIB_INSECURE_TRANSPORT"]
        if before is not None:
            os.environ["AUTHLIB_INSECURE_TRANSPORT"] = before


def parameters(url: str) -> dict[str, str]:
    """The query of a URL."""
    return dict(parse_qsl(urlsplit(url).query))


def _app(authority: Authority) -> Flask:
    app = Flask("authority")
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": LIFE, "refresh_token": LIFE}
    client = Client()

    def save(token: dict[str, Any], asked: Any) -> None:
        refresh = token.get("refresh_token") or asked.refresh_token.refresh_token
        kept = Given(asked.user, token.get("scope", ""), token["access_token"], refresh)
        authority.given.append(kept)

    server = AuthorizationServer(app, lambda name: client if name == CLIENT else None, save)
    server.register_grant(_code_grant(authority), [CodeChallenge(required=authority.wants_pkce)])
    server.register_grant(_refresh_grant(authority))

    class Issuer(IssuerParameter):
        def get_issuer(self) -> str:
            return authority.origin

    server.register_extension(Issuer())

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=authority.user)
        user = None if authority.denies else authority.user
        return server.create_authorization_response(grant_user=user, grant=grant)

    @app.post("/token")
    def token() -> Any:
        if authority.held is not None:
            authority.waiting += 1
            authority.held.wait(30)
            return Response(status=503)
        if authority.down:
            return Response(status=503)
        with authority.lock:
            authority.asked.append(request.form.to_dict())
            return server.create_token_response()

    _take_back(app, server, authority)

    @app.get("/.well-known/openid-configuration")
    def described() -> Any:
        places = {"revocation_endpoint": f"{authority.origin}/revoke"} if authority.revokes else {}
        return jsonify(
            **places,
            issuer=authority.origin,
            authorization_endpoint=f"{authority.origin}/authorize",
            token_endpoint=f"{authority.origin}/token",
            authorization_response_iss_parameter_supported=True,
            code_challenge_methods_supported=["S256"],
        )

    return app


def _take_back(app: Flask, server: AuthorizationServer, authority: Authority) -> None:
    server.register_endpoint(_revocation(authority))

    @app.post("/revoke")
    def revoke() -> Any:
        if authority.down:
            return Response(status=503)
        if authority.refuses:
            return jsonify(error="invalid_client"), 401
        authority.revoked.append(request.form.to_dict())
        return server.create_endpoint_response("revocation")


def _code_grant(authority: Authority) -> type:
    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = METHODS

        def save_authorization_code(self, code: str, asked: Any) -> None:
            data = asked.payload.data
            authority.codes[code] = Code(
                code=code,
                user=asked.user,
                redirect_uri=asked.payload.redirect_uri,
                scope=asked.payload.scope,
                code_challenge=data.get("code_challenge"),
                code_challenge_method=data.get("code_challenge_method"),
            )

        def query_authorization_code(self, code: str, _client: Any) -> Code | None:
            return authority.codes.get(code)

        def delete_authorization_code(self, code: Code) -> None:
            del authority.codes[code.code]

        def authenticate_user(self, code: Code) -> str:
            return code.user

    return CodeGrant


def _refresh_grant(authority: Authority) -> type:
    class RefreshGrant(grants.RefreshTokenGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = METHODS

        def __init__(self, asked: Any, server: AuthorizationServer) -> None:
            super().__init__(asked, server)
            self.INCLUDE_NEW_REFRESH_TOKEN = authority.rotates

        def authenticate_refresh_token(self, refresh_token: str) -> Given | None:
            found = [each for each in authority.given if each.refresh_token == refresh_token]
            return next((each for each in found if not each.revoked), None)

        def authenticate_user(self, given: Given) -> str:
            return given.user

        def revoke_old_credential(self, given: Given) -> None:
            given.revoked = not authority.grace and authority.rotates

    return RefreshGrant


def _revocation(authority: Authority) -> type:
    class Revocation(RevocationEndpoint):
        CLIENT_AUTH_METHODS = METHODS

        def query_token(self, text: str, hint: str | None) -> Given | None:
            name = "access_token" if hint == "access_token" else "refresh_token"
            return next((each for each in authority.given if getattr(each, name) == text), None)

        def revoke_token(self, token: Given, _asked: Any) -> None:
            token.revoked = True

    return Revocation
