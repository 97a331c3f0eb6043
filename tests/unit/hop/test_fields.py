"""What is handed over in the fields of a request."""

from typing import Any

import pytest

from facade.hop.fields import NOTHING, Handed, read, write
from facade.model.call import CacheUse, Caller

WHOLE = Handed(
    tenant="acme",
    connection="eu-1",
    subject="Zoë 100 %",
    request_id="9f2c",
    timeout=9.99,
    cache_use=CacheUse.REFRESH,
    max_wait=1.5,
    stream=True,
)


def test_what_was_written_is_read() -> None:
    assert read(write(WHOLE)) == WHOLE


def test_each_has_a_field_of_its_own_in_ascii() -> None:
    assert write(WHOLE) == (
        ("portico-tenant", "acme"),
        ("portico-connection", "eu-1"),
        ("portico-subject", "Zo%C3%AB%20100%20%25"),
        ("portico-request-id", "9f2c"),
        ("portico-timeout", "9.990"),
        ("portico-cache", "refresh"),
        ("portico-max-wait", "1.500"),
        ("portico-stream", "?1"),
    )


def test_what_says_nothing_is_left_out() -> None:
    assert write(NOTHING) == ()
    assert read(()) == NOTHING


@pytest.mark.parametrize("text", ["a\r\nportico-tenant: b", "\x00", "\u2028"])
def test_no_text_breaks_out_of_its_field(text: str) -> None:
    ((_, value),) = write(Handed(subject=text))
    assert value.isascii()
    assert value.isprintable()
    assert read((("portico-subject", value),)).subject == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("portico-timeout", "soon"),
        ("portico-timeout", "-1"),
        ("portico-timeout", "1e9"),
        ("portico-timeout", "nan"),
        ("portico-max-wait", ""),
        ("portico-cache", "sometimes"),
        ("portico-stream", "?0"),
        ("portico-hat", "on"),
        ("x-tenant", "acme"),
    ],
)
def test_c05_what_another_release_says_says_nothing(name: str, text: str) -> None:
    assert read(((name, text),)) == NOTHING


def test_the_first_of_several_counts() -> None:
    fields = (("portico-tenant", "a"), ("portico-tenant", "b"))
    assert read(fields) == Handed(tenant="a")


@pytest.mark.parametrize(
    ("given", "caller"),
    [
        ({}, Caller()),
        (
            {"tenant": "t", "connection": "c", "subject": "s"},
            Caller(tenant="t", connection="c", subject="s"),
        ),
    ],
)
def test_it_names_on_whose_behalf_the_call_is(given: dict[str, Any], caller: Caller) -> None:
    assert Handed(**given).caller == caller
