"""Header fields and cookies."""

import pytest

from facade.model.field_names import is_framing, is_reserved
from facade.transcode.headers import cookie_break, cookie_flaw, name_flaw, value_flaw


@pytest.mark.parametrize("text", ["a\r\nb", "a\nb", "a\x00b", "a\r\n b", "\x7f", "a\tb\x01"])
def test_b05_control_characters_are_no_field_value(text: str) -> None:
    assert "control" in value_flaw(text)


@pytest.mark.parametrize("text", ["日本", "é", "a\u2028b", "\ud800"])
def test_b07_characters_beyond_ascii_are_no_field_value(text: str) -> None:
    assert "ASCII" in value_flaw(text)


@pytest.mark.parametrize("text", ["", "a", 'W/"x, y"', "a\tb c", "bytes=0-1; x"])
def test_what_the_grammar_allows_is_a_field_value(text: str) -> None:
    assert not value_flaw(text)


@pytest.mark.parametrize("text", [" a", "a ", "\ta"])
def test_white_space_at_the_ends_is_told_since_it_would_be_lost(text: str) -> None:
    assert "white space" in value_flaw(text)


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-LENGTH",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "TE",
        "Upgrade",
        "Proxy-Authorization",
        ":authority",
        "grpc-timeout",
        "Cookie",
        "Authorization",
    ],
)
def test_b06_reserved_names_are_nobodys_parameters(name: str) -> None:
    assert is_reserved(name)


def test_b06_credentials_headers_may_be_a_versions_variable_but_framing_may_not() -> None:
    assert not is_framing("Authorization")
    assert is_framing("Host")
    assert not is_reserved("If-Match")
    assert not is_reserved("User-Agent")


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "é", "a(b)"])
def test_b05_a_name_that_is_no_token_is_refused(name: str) -> None:
    assert name_flaw(name)


@pytest.mark.parametrize("text", ["1; admin=1", "a b", 'a"b', "a\\b", "a\r\nb", "é", "\x00"])
def test_b08_a_cookie_value_cannot_hold_another_cookie(text: str) -> None:
    assert cookie_flaw(text)


@pytest.mark.parametrize("text", ["", "abc==", "a,b", "a:b/c?d[e]"])
def test_what_the_grammar_allows_is_a_cookie_value(text: str) -> None:
    assert not cookie_flaw(text)


@pytest.mark.parametrize("text", ["1; admin=1", ";", "a\r\nb", "\x00", "\x7f"])
def test_b08_what_could_end_a_cookie_is_none_of_its_values_even_if_it_is_encoded(text: str) -> None:
    assert cookie_break(text)
    assert not cookie_break("Hello, world! é")
