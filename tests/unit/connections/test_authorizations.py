"""Whom an answer to a consent must be from (RFC 9207, RFC 9700 section 4.4)."""

import pytest

from facade.connections.authorizations import Authorization

PLACE = "https://login.example/authorize"


def asked(issuer: str, *, tells_issuer: bool = False) -> Authorization:
    return Authorization(
        tenant="",
        connection="homes",
        uid="u",
        token_uri="https://login.example/token",
        scheme="oauth",
        client_id="c",
        verifier="v3rifier",
        redirect_uri="https://p.example/oauth2/callback",
        issuer=issuer,
        tells_issuer=tells_issuer,
        authorization_uri=PLACE,
        by="anyone",
    )


@pytest.mark.parametrize(
    ("known", "always", "said", "expected"),
    [
        ("https://login.example", True, "https://login.example", True),
        ("https://login.example", True, "", False),
        ("https://login.example", False, "", True),
        ("https://login.example", False, "https://evil.example", False),
        ("https://login.example", False, "https://login.example/other", False),
        ("", False, "", True),
        ("", False, "https://login.example/realm", True),
        ("", False, "http://login.example", False),
        ("", False, "https://evil.example", False),
        ("", False, "https://[", False),
    ],
)
def test_an_answer_is_from_the_server_that_was_asked(
    *, known: str, always: bool, said: str, expected: bool
) -> None:
    assert asked(known, tells_issuer=always).is_from(said) is expected


def test_what_is_shown_of_it_holds_no_proof() -> None:
    assert "v3rifier" not in repr(asked(""))
