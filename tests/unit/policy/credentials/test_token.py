"""What token endpoints answer, and how long it is gone by."""

import base64
import json
from typing import Any

import pytest

from facade.errors.caller import TokenRefused
from facade.errors.fault import Code, Effect, Fault
from facade.errors.service import TokenUnavailable
from facade.model.call import Reply
from facade.policy.credentials.token import Token, is_invalid_grant, token_of, unpacked

NOW = 1000.0


def reply(said: object, status: int = 200) -> Reply:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Reply(status=status, headers=(), body=body)


def jwt(**claims: Any) -> str:
    parts = [{"alg": "none"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()) for each in parts]
    return ".".join([*(each.decode().rstrip("=") for each in encoded), "signature"])


@pytest.mark.parametrize(
    ("told", "life"),
    [
        ({"expires_in": 3600}, 3600),
        ({"expires_in": "3600"}, 3600),
        ({"expires_in": 3599.5}, 3599.5),
        ({"expires_in": "3599.5"}, 3599.5),
        ({}, 300),
        ({"expires_in": None}, 300),
        ({"expires_in": "soon"}, 300),
        ({"expires_in": [1]}, 300),
        ({"expires_in": True}, 300),
        ({"expires_in": "nan"}, 300),
        ({"expires_in": 0}, 1),
        ({"expires_in": -1}, 1),
        ({"expires_in": 10**300}, 86400),
        ({"expires_in": "9" * 400}, 86400),
        ({"expires_in": "-inf"}, 1),
        ({"access_token": jwt(exp=NOW + 60)}, 60),
        ({"access_token": jwt(exp=NOW + 560, iat=NOW + 500)}, 60),
        ({"access_token": jwt(exp=NOW - 60)}, 1),
        ({"access_token": jwt(exp="never")}, 300),
        ({"access_token": jwt(exp=NOW + 60), "expires_in": 7}, 7),
        ({"access_token": "a.b.c"}, 300),
        ({"access_token": "a.bäd"}, None),
    ],
)
def test_l08_a_token_lives_as_long_as_anybody_says(told: Any, life: float | None) -> None:
    answer = reply({"access_token": "t0ken"} | told)
    if life is None:
        with pytest.raises(TokenRefused):
            token_of(answer, NOW, ())
        return
    token = token_of(answer, NOW, ())
    assert token.expires - NOW == life
    assert token.holds(NOW)
    assert not token.is_due(NOW + 0.79 * life)
    assert token.is_due(NOW + 0.81 * life)
    assert not token.holds(NOW + life)


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (400, {"error": "invalid_client"}, TokenRefused, "invalid_client"),
        (401, {"error": "invalid_client", "error_description": "s3cret"}, TokenRefused, "_client"),
        (200, {"error": "bad_verification_code"}, TokenRefused, "bad_verification_code"),
        (400, {"error": "s3cret"}, TokenRefused, "status 400"),
        (400, {"error": "the_s_is_abcdef"}, TokenRefused, "status 400"),
        (400, {"error": {"code": 1}}, TokenRefused, "status 400"),
        (400, b"<html>s3cret", TokenRefused, "status 400"),
        (404, b"", TokenRefused, "status 404"),
        (302, b"", TokenRefused, "status 302"),
        (500, {"access_token": "t"}, TokenRefused, "status 500"),
        (200, b"[]", TokenRefused, "no usable access token"),
        (200, b"access_token=a", TokenRefused, "no usable access token"),
        (200, {"access_token": ""}, TokenRefused, "no usable access token"),
        (200, {"access_token": 5}, TokenRefused, "no usable access token"),
        (200, {"access_token": "a\r\nb: c"}, TokenRefused, "no usable access token"),
        *((each, b"", TokenUnavailable, str(each)) for each in (408, 425, 429, 502, 503, 504)),
    ],
)
def test_l08_what_is_no_token_says_why_and_tells_no_secret(
    status: int, said: object, kind: type[Fault], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        token_of(reply(said, status), NOW, ("s3cret", "abcdef"))
    fault = refusal.value
    assert words in fault.message
    assert fault.effect is Effect.NOT_EXECUTED
    told = fault.message + str(fault.details)
    assert "s3cret" not in told
    assert "abcdef" not in told
    assert (fault.status is Code.FAILED_PRECONDITION) == (kind is TokenRefused)


def test_only_a_refused_grant_is_worth_another_refresh_token() -> None:
    for error in ("invalid_grant", "invalid_client"):
        with pytest.raises(TokenRefused) as refusal:
            token_of(reply({"error": error}, 400), NOW, ())
        assert is_invalid_grant(refusal.value) == (error == "invalid_grant")


@pytest.mark.parametrize(
    ("used", "given", "kept"),
    [("", "new", ""), ("old", "new", "new"), ("old", None, "old"), ("old", 5, "old")],
)
def test_l09_a_refresh_token_is_replaced_by_the_one_that_comes(
    used: str, given: object, kept: str
) -> None:
    said = {"access_token": "t", "refresh_token": given}
    assert token_of(reply(said), NOW, (), used).refresh == kept


def test_a_token_comes_back_as_it_was_packed_and_is_never_shown() -> None:
    token = Token(text="t0ken", made=1.5, expires=2.5, refresh="r0")
    assert unpacked(token.packed()) == token
    assert "t0ken" not in repr(token)
    assert "r0" not in repr(token)
