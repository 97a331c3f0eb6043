"""Canaries: a secret of each kind, every text as which one could be found, and where they go."""

import asyncio
import base64
import json
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

import trustme

from tests.doors import document
from tests.fakes import HttpBackend, RawBackend, answer, read_request

USER = "canary-user"


def canary(kind: str) -> str:
    """A secret with what URLs, JSON and base64 write otherwise, that a header may hold."""
    return f"{kind}~c4n4ry+/=&%{kind[::-1]}"


AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert("gateway@example.com")
KEY = CERTIFICATE.private_key_pem.bytes().decode()
"""A private key, whose lines are canaries."""

KINDS = (
    "basic",
    "digest",
    "bearer",
    "header",
    "query",
    "cookie",
    "client",
    "post",
    "password",
    "refresh",
    "exchange",
    "headers",
    "aws",
    "passed",
    "variable",
    "token",
    "renewal",
    "vaulttoken",
    "redis",
    "proxy",
)
CANARIES: Mapping[str, str] = {each: canary(each) for each in KINDS}


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, secret[::-1], json.dumps(secret)[1:-1], quote(secret), quote_plus(secret))
    yield quote(secret, safe="")
    for text in (
        secret,
        f"{USER}:{secret}",
        f"a{secret}",
        f"ab{secret}",
        f"{USER}:{quote_plus(secret)}",
    ):
        whole = text.encode()
        for encoded in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
            yield encoded.decode().rstrip("=")[4:-2]
    half = len(secret) // 2
    yield secret[half:] + secret[:half]
    yield secret.encode().hex()


SPELLINGS: Mapping[str, frozenset[str]] = {
    **{kind: frozenset(_spellings(secret)) for kind, secret in CANARIES.items()},
    "key": frozenset(line for line in KEY.splitlines() if "-----" not in line),
}


def found(text: bytes | str) -> set[str]:
    """The kinds whose secret stands in something, in any spelling, letters of any case."""
    data = (text.encode(errors="replace") if isinstance(text, str) else text).lower()
    return {
        kind
        for kind, spellings in SPELLINGS.items()
        if any(each.lower().encode() in data for each in spellings)
    }


def _scheme(kind: str, **fields: str) -> dict[str, Any]:
    return {"type": kind, **fields}


def _oauth() -> dict[str, Any]:
    flow = {"tokenUrl": "https://unused.example/token", "scopes": {}}
    return {"type": "oauth2", "flows": {"clientCredentials": flow}}


SCHEMES: Mapping[str, Mapping[str, Any]] = {
    "basic": _scheme("http", scheme="basic"),
    "digest": _scheme("http", scheme="digest"),
    "bearer": _scheme("http", scheme="bearer"),
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "headers": _scheme("http", scheme="custom"),
    "aws": _scheme("http", scheme="aws4"),
    "passed": {"type": "apiKey", "in": "header", "name": "X-User"},
    **{
        each: _oauth()
        for each in ("client", "post", "password", "refresh", "assertion", "exchange")
    },
    "echoed": _oauth(),
}


def the_document() -> dict[str, Any]:
    """A document with an operation for each scheme, and one that streams."""
    mode = {"name": "mode", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: dict[str, Any] = {}
    for name in SCHEMES:
        responses = {"200": {"description": "ok", "content": {"application/jsonl": {}}}}
        operation = {"operationId": name, "security": [{name: []}], "responses": responses}
        paths[f"/{name}/{{mode}}"] = {"get": operation, "parameters": [mode]}
        paths[f"/{name}/{{mode}}/done"] = {
            "post": {**operation, "operationId": f"{name}Done"},
            "parameters": [mode],
        }
    return document(paths, components={"securitySchemes": SCHEMES})


def credentials(tokens: str) -> list[dict[str, Any]]:
    """A credential for each scheme but the caller's own, as a connector file writes them."""
    client = {"clientId": USER, "tokenUri": f"{tokens}/token"}
    return [
        {"scheme": "basic", "basic": {"username": USER, "password": "env:BASIC"}},
        {"scheme": "digest", "digest": {"username": USER, "password": "file:digest"}},
        {"scheme": "bearer", "bearer": {"token": "vault:secret/shop#bearer"}},
        {"scheme": "header", "apiKey": {"key": "secret:header", "prefix": "Token "}},
        {"scheme": "query", "apiKey": {"key": "env:QUERY"}},
        {"scheme": "cookie", "apiKey": {"key": "file:cookie"}},
        {"scheme": "headers", "headers": {"X-Own": "vault:secret/shop#headers"}},
        {
            "scheme": "aws",
            "awsSigV4": {
                "accessKeyId": "env:AWS_ID",
                "secretAccessKey": "env:AWS",
                "region": "eu-west-1",
                "service": "s3",
            },
        },
        {"scheme": "client", "oauth2": {**client, "clientSecret": "secret:client"}},
        {
            "scheme": "post",
            "oauth2": {**client, "clientSecret": "env:POST", "clientAuthentication": "post"},
        },
        {
            "scheme": "password",
            "oauth2": {
                **client,
                "grant": "password",
                "clientAuthentication": "none",
                "username": USER,
                "password": "env:PASSWORD",
            },
        },
        {
            "scheme": "refresh",
            "oauth2": {
                **client,
                "grant": "refreshToken",
                "clientAuthentication": "none",
                "refreshToken": "env:REFRESH",
            },
        },
        {
            "scheme": "assertion",
            "oauth2": {
                **client,
                "grant": "jwtBearer",
                "clientAuthentication": "privateKey",
                "privateKey": "file:key",
            },
        },
        {
            "scheme": "exchange",
            "oauth2": {
                **client,
                "grant": "tokenExchange",
                "clientAuthentication": "none",
                "subjectMetadata": "x-subject",
            },
        },
        {
            "scheme": "echoed",
            "oauth2": {**client, "tokenUri": f"{tokens}/refused", "clientSecret": "env:POST"},
        },
    ]


def _say(status: int, head: str, body: bytes, *more: tuple[str, str]) -> bytes:
    """An answer that repeats a request, in body and fields."""
    line = head.partition("\r\n")[0].replace(" ", "|")
    cookie = re.search(r"(?im)^cookie: (.*)\r$", head)
    fields = (("X-Echo", line), ("X-Again", cookie[1] if cookie else "none"))
    return answer(body, status=status, headers=(*fields, *more))


def _repeat(request: bytes) -> bytes:
    head = request.decode("latin-1")
    target = head.split(" ")[1]
    mode = target.partition("?")[0].split("/")[2]
    kind = ("Content-Type", "application/json")
    body = json.dumps({"message": head, "error": {"text": head}, "again": head}).encode()
    if "/digest/" in target and "digest" not in head.lower().partition("\r\n")[2]:
        challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
        return _say(401, head, body, kind, ("WWW-Authenticate", challenge))
    if mode == "cached":
        return _say(200, head, body, kind, ("Cache-Control", "public, max-age=60"), ("ETag", '"e"'))
    if mode == "moved":
        return _say(302, head, b"", ("Location", f"http://127.0.0.1:1{target}"))
    if mode == "stream":
        return _say(200, head, body + b"\n" + body + b"\n", ("Content-Type", "application/jsonl"))
    return _say(int(mode), head, body, kind)


class Backend(HttpBackend):
    """A backend that repeats what it is asked, as a mode of the path says."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(_repeat, tls)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            self.requests.append(request)
            if b"/silent" in request.split(b" ")[1]:
                await reader.readexactly(1)
            if b"/cut" in request.split(b" ")[1]:
                writer.write(_repeat(request.replace(b"/cut", b"/200", 1))[:-7])
                return
            writer.write(_repeat(request))
            await writer.drain()


def _token(request: bytes) -> bytes:
    head, _, body = request.decode("latin-1").partition("\r\n\r\n")
    kind = (("Content-Type", "application/json"),)
    told: dict[str, Any]
    if head.startswith("POST /refused"):
        told = {"error": head, "error_description": head + body, "error_uri": head}
        return answer(json.dumps(told).encode(), status=400, headers=kind)
    if head.startswith("POST"):
        given = dict(parse_qsl(body))
        told = {"access_token": CANARIES["token"], "token_type": "bearer", "expires_in": 60}
        if "refresh_token" in given:
            told["refresh_token"] = CANARIES["renewal"]
        return answer(json.dumps(told).encode(), headers=kind)
    if "/sys/internal/" in head:
        told = {"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}
    else:
        kept = {each: CANARIES[each] for each in ("bearer", "headers")}
        told = {"data": {"data": kept, "metadata": {"version": 1}}}
    return answer(json.dumps(told).encode(), headers=kind)


def authority() -> HttpBackend:
    """An authorization server, and a Vault."""
    return HttpBackend(_token)


class Collector(HttpBackend):
    """What spans are sent to (OTLP over HTTP)."""

    def __init__(self) -> None:
        super().__init__(answer(headers=(("Content-Type", "application/x-protobuf"),)))


def proxy() -> RawBackend:
    """A proxy that refuses, and repeats what it was told."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(head, status=407, headers=(("X-Echo", head.decode().split("\r")[0]),)))
        await writer.drain()

    return RawBackend(refuse)
