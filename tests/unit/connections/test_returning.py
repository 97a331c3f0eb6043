"""Where people may be sent once their consent is answered."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.config import Misconfigured
from facade.connections.returning import Returns, address

RETURNS = Returns(
    ("https://app.example.com/after", "https://other.example:8443", "http://127.0.0.1:3000/dev/")
)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.com/after",
        "https://app.example.com/after/7?user=7&x=%2F",
        "https://APP.example.com:443/after",
        "https://other.example:8443",
        "https://other.example:8443/any/where",
        "http://127.0.0.1:3000/dev/",
        "http://127.0.0.1:3000/dev/x",
    ],
)
def test_what_is_below_an_allowed_address_is_gone_to(uri: str) -> None:
    assert RETURNS.flaw(uri) == ""


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.com/",
        "https://app.example.com/afterwards",
        "https://app.example.com/After",
        "https://app.example.com/after/../admin",
        "https://app.example.com/after/%2e%2e/admin",
        "https://app.example.com/after/%2E./admin",
        "https://app.example.com/after%2f..%2fadmin",
        "https://app.example.com/after/%252e%252e/admin",
        "https://app.example.com/after/..%5cadmin",
        "https://app.example.com:444/after",
        "http://app.example.com/after",
        "https://app.example.com.evil.example/after",
        "https://evil.example/app.example.com/after",
        "https://app.example.com@evil.example/after",
        "https://evil.example\\@app.example.com/after",
        "https://evil.example#@app.example.com/after",
        "https://app.example.com\\.evil.example/after",
        "https:app.example.com/after",
        "https:///app.example.com/after",
        "//app.example.com/after",
        "/after",
        "javascript://app.example.com/after%0aalert(1)",
        "https://app.example.com/after\r\nset-cookie: a=b",
        "https://app.example.com/after\t",
        " https://app.example.com/after",
        "https://\u0430pp.example.com/after",
        "https://app.example.com:99999/after",
        "https://app.example.com:0/after",
        "https://[::1/after",
        "https://app.example.com/after?consent=given",
        "https://app.example.com/after?%63onsent_error=x",
        "https://app.example.com/after#x",
        "https://app.example.com/after/" + "x" * 2048,
        "http://127.0.0.1:3001/dev/x",
        "http://127.0.0.1:3000/dev",
        "http://localhost:3000/dev/x",
        "",
    ],
)
def test_no_other_address_is_gone_to(uri: str) -> None:
    assert RETURNS.flaw(uri)


def test_where_nothing_is_allowed_nothing_is_gone_to() -> None:
    assert Returns().flaw("https://app.example.com/after")


@given(st.text(alphabet="htps:/.\\@#?%&2eEfF5cC0aA-app.example.com\t\n evil[]", max_size=60))
def test_whatever_is_written_behind_it_the_origin_stays_the_allowed_one(rest: str) -> None:
    uri = f"https://app.example.com/after{rest}"
    if not RETURNS.flaw(uri):
        parts = urlsplit(address(uri))
        assert (parts.scheme, parts.netloc) == ("https", "app.example.com")
        assert parts.path.startswith("/after")


@pytest.mark.parametrize(
    "base",
    [
        "http://app.example.com/",
        "https://app.example.com/?a=b",
        "https://app.example.com/#a",
        "https://u:p@app.example.com/",
        "app.example.com",
        "https://*.example.com/",
    ],
)
def test_a_setting_that_is_no_such_address_is_refused_at_the_start(base: str) -> None:
    with pytest.raises(Misconfigured, match="return_uris"):
        Returns((base,))


def test_an_address_is_told_what_came_of_the_consent_behind_its_own_parameters() -> None:
    assert address("https://a.example/x") == "https://a.example/x?consent=given"
    told = address("https://a.example/x?user=7", "denied")
    assert parse_qsl(urlsplit(told).query) == [
        ("user", "7"),
        ("consent", "failed"),
        ("consent_error", "denied"),
    ]
