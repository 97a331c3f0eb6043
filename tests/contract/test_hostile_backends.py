"""Backends that say anything at all beside their answers: no bug, no stall, nothing foreign."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.v1.credential_pb2 import Credential
from gateway.v1.policy_pb2 import Cache, Policy, Retry
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend, answer
from tests.token_servers import said

LONG = "x" * 60_000
DIGITS = "9" * 400
SECRETS = {"SECRET": "s3cret"}
QUICK = 2.0
"""Seconds that no call here may take."""

FIELDS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Cache-Control", "max-age=60, " + "x," * 30_000),),
    (("Cache-Control", f"max-age={DIGITS}"),),
    (("Cache-Control", f"max-age=60, stale-while-revalidate={DIGITS}, stale-if-error={DIGITS}"),),
    (("Cache-Control", 'max-age="60, no-store=",=,,; private="a'),),
    (("Cache-Control", "max-age=-1, s-maxage=1e400, max-age=nan"),),
    (("CDN-Cache-Control", "max-age=" + "(" * 30_000),),
    (("CDN-Cache-Control", f"max-age={DIGITS}"),),
    (("Cache-Control", "max-age=60"), ("Age", DIGITS)),
    (("Cache-Control", "max-age=60"), ("Age", "-5"), ("Age", "nan, 1e400")),
    (("Expires", "garbage"), ("Date", "Thu, 99 Foo 99999 99:99:99 GMT")),
    (("Expires", "Fri, 31 Dec 9999 23:59:59 GMT"), ("Date", "Thu, 01 Jan 0001 00:00:00 GMT")),
    (("Expires", "Tue, 29 Feb 2025 00:00:00 GMT"), ("Last-Modified", LONG)),
    (("Cache-Control", "max-age=60"), ("Vary", ", ".join(f"X-{n}" for n in range(5000)))),
    (("Cache-Control", "max-age=60"), ("Vary", LONG)),
    (("Cache-Control", "max-age=60"), ("Vary", "*, \x80, ;;, Authorization, Cookie, Host")),
    (("Cache-Control", "max-age=60"), ("ETag", LONG), ("ETag", 'W/"')),
    (("Cache-Control", "max-age=60"), ("ETag", '"a", "b"\x80')),
    (("Cache-Control", "max-age=60"), ("Set-Cookie", "sid=1; Domain=.com"), ("Set-Cookie2", "x")),
    (("Retry-After", DIGITS),),
    (("Retry-After", "-1"), ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"), ("Retry-After", "")),
    tuple(("Retry-After", "nan") for _ in range(200)),
    (("RateLimit", f'"a";r={DIGITS};t={DIGITS}, "b;r=-1;t=1e9'),),
    (("RateLimit", "r=0, t=" + "(" * 30_000), ("RateLimit-Policy", LONG)),
    (("X-RateLimit-Remaining", "nan"), ("X-RateLimit-Reset", DIGITS)),
    (("RateLimit-Remaining", "-0"), ("RateLimit-Reset", "1e400")),
    (("Location", "http://169.254.169.254/latest"), ("Content-Location", "//[::1/%zz")),
    (("Link", "<http://169.254.169.254/>; rel=next"), ("Refresh", "0; url=http://10.0.0.1")),
    (("Alt-Svc", 'h3="127.0.0.1:1"'), ("Clear-Site-Data", '"*"'), ("Strict-Transport", "x")),
    (("WWW-Authenticate", f'Digest realm="r", nonce="{LONG}", qop="auth"'),),
    (
        (
            "WWW-Authenticate",
            'Digest realm="a\\"b\\\\", nonce="n\\"", opaque="\\", algorithm=SHA-256',
        ),
    ),
    (("WWW-Authenticate", 'Digest nonce="n", algorithm=WHIRLPOOL-sess, qop="auth-int"'),),
    (("WWW-Authenticate", 'Digest realm="\x85\xff\u2028", nonce="\x80\xff", qop=auth'),),
    (("WWW-Authenticate", "Digest " + 'realm="r",' * 5000 + 'nonce="n"'),),
    (("WWW-Authenticate", "Digest " * 8000 + '"' + "\\" * 8000),),
    (("WWW-Authenticate", 'Digest nonce="a\tb", realm="\t", qop="auth"'),),
)
"""Fields of answers that nobody should send."""

STATUSES = (200, 401, 429, 503, 302, 304, 412, 599)


def shop() -> dict[str, Any]:
    """A document with a cached read, a write, and a read that a digest signs."""
    operations: dict[str, tuple[str, str, list[Any]]] = {
        "read": ("get", "/things", []),
        "write": ("post", "/things", []),
        "proved": ("get", "/proved", [{"digest": []}]),
    }
    paths: dict[str, Any] = {}
    for name, (method, path, security) in operations.items():
        act = {"operationId": name, "security": security, "responses": {}}
        paths.setdefault(path, {})[method] = act
    schemes = {"digest": {"type": "http", "scheme": "digest"}}
    return document(paths, components={"securitySchemes": schemes})


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(tmp_path, SECRETS) as opened:
        yield opened


async def told(door: Door, action: str) -> str:
    """The reason of a call's failure, or nothing; each is told in time, and none is a bug."""
    began = time.monotonic()
    answered = await door.execute(action, failure_mode="FAILURE_MODE_CONTINUE", within=10.0)
    assert time.monotonic() - began < QUICK
    failure = str(answered.error)
    assert "INTERNAL" not in failure
    assert SECRETS["SECRET"] not in failure
    return failure


@pytest.mark.parametrize("number", range(len(FIELDS)))
async def test_d_no_field_of_an_answer_is_a_bug_of_ours_or_a_stall(door: Door, number: int) -> None:
    fields = tuple((name, value.encode().decode("latin-1")) for name, value in FIELDS[number])
    status = 200

    def respond(_: bytes) -> bytes:
        return answer(b'{"a": 1}', status=status, headers=fields)

    digest = Credential.Digest(username="u", password_secret="env:SECRET")
    policy = Policy(retry=Retry(max_attempts=1), cache=Cache(heuristic=True))
    for each in STATUSES:
        status = each
        async with HttpBackend(respond) as backend:
            name = f"shop{each}"
            await door.publish(
                name,
                shop(),
                backend.origin,
                credentials=[Credential(scheme="digest", digest=digest)],
                policy=policy,
            )
            for action in ("read", "read", "write", "proved", "proved"):
                await told(door, f"{name}/{action}")


TOKENS: tuple[bytes, ...] = (
    said({"access_token": "t", "expires_in": -1}),
    said({"access_token": "t", "expires_in": True}),
    said({"access_token": "t", "expires_in": {"a": []}}),
    said({"access_token": "t", "expires_in": DIGITS}),
    answer(b'{"access_token": "t", "expires_in": 1e400}'),
    answer(b'{"access_token": "t", "expires_in": NaN}'),
    answer(b'{"access_token": "t", "expires_in": ' + b"9" * 5000 + b"}"),
    said({"access_token": "a\r\nX-Injected: b"}),
    said({"access_token": "é"}),
    said({"access_token": "x" * 100_000}),
    said({"access_token": ["t"]}),
    said(["access_token"]),
    said({"access_token": "t", "token_type": "mac"}),
    answer(b"[" * 100_000),
    answer(b'{"access_token":' * 50_000),
    answer(b"\xff\xfe{}"),
    answer(b"", headers=(("Location", "http://169.254.169.254/"),), status=302),
    said({"error": "x" * 100_000, "error_description": "s3cret"}, 400),
    said({"error": {"a": "s3cret"}}, 400),
    answer(b'{"access_token": "t' + b" " * 11_000_000 + b'"}'),
)


@pytest.mark.parametrize("number", range(len(TOKENS)))
async def test_l08_no_answer_of_a_token_endpoint_is_a_bug_of_ours_or_a_stall(
    door: Door, number: int
) -> None:
    async with HttpBackend(TOKENS[number]) as server, HttpBackend() as backend:
        flow = {"clientCredentials": {"tokenUrl": f"{server.origin}/token", "scopes": {}}}
        schemes = {"oauth": {"type": "oauth2", "flows": flow}}
        act = {"operationId": "act", "security": [{"oauth": []}], "responses": {}}
        made = document({"/a": {"get": act}}, components={"securitySchemes": schemes})
        client = Credential.OAuth2(
            grant=Credential.OAuth2.GRANT_CLIENT_CREDENTIALS,
            client_id="me",
            client_secret="env:SECRET",
        )
        credential = Credential(scheme="oauth", oauth2=client)
        await door.publish("shop", made, backend.origin, credentials=[credential])
        for _ in range(3):
            await told(door, "shop/act")
        assert all(b"X-Injected" not in each for each in backend.requests)
        assert len(server.requests) <= 6
