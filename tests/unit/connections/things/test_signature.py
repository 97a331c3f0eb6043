"""Signatures of callbacks: connctd's own text, signed by a key of the ring and checked."""

import base64
from email.utils import formatdate

import pytest

from facade.connections.things.signature import (
    WINDOW,
    Signer,
    check_date,
    public_key,
    signed_text,
    verify,
)
from facade.errors.access import CallerUnknown

NOW = 1_602_064_800.0
URL = "https://foo.com:8080/bar?hello=world"
BODY = b'{"hello":"world"}'
FIRST, SECOND = b"1" * 32, b"2" * 32


def signer(*keys: bytes) -> Signer:
    return Signer(lambda: keys, lambda: NOW)


def key_of(made: Signer, number: int = 0) -> str:
    """The public key as connctd's developers get theirs."""
    text = made.keys()["keys"][number]["x"]
    return base64.b64encode(base64.urlsafe_b64decode(text + "=")).decode()


def signed(made: Signer, body: bytes = BODY) -> tuple[bytes, str]:
    fields = dict(made.fields("POST", URL, body))
    return signed_text("POST", URL, fields["date"], body), fields["signature"]


def test_c18_the_text_is_that_of_connctds_protocol() -> None:
    said = signed_text("GET", URL, "Wed, 07 Oct 2020 10:00:00 GMT", BODY)
    assert said == (
        b"(method):GET\r\n(url):https://foo.com:8080/bar?hello=world\r\n"
        b'(Date):Wed, 07 Oct 2020 10:00:00 GMT\r\n(body):{"hello":"world"}'
    )


def test_c18_what_is_signed_is_believed_with_the_public_key() -> None:
    made = signer(FIRST)
    said, signature = signed(made)
    verify(public_key(key_of(made)), said, signature)
    assert dict(made.fields("POST", URL, BODY))["date"] == formatdate(NOW, usegmt=True)


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (b"other", None),
        (None, "AAAA"),
        (None, "not base64"),
        (None, ""),
    ],
)
def test_c18_what_was_changed_is_not_believed(text: bytes | None, signature: str | None) -> None:
    made = signer(FIRST)
    said, right = signed(made)
    with pytest.raises(CallerUnknown, match=r"^signature: "):
        verify(public_key(key_of(made)), text or said, right if signature is None else signature)


@pytest.mark.parametrize("text", ["", "short", "!" * 44, base64.b64encode(b"x" * 31).decode()])
def test_a_text_that_is_no_key_believes_nothing(text: str) -> None:
    said, signature = signed(signer(FIRST))
    assert public_key(text) is None
    with pytest.raises(CallerUnknown):
        verify(public_key(text), said, signature)


def test_another_key_of_the_ring_signs_otherwise_and_both_are_told() -> None:
    both = signer(SECOND, FIRST)
    assert key_of(both, 0) == key_of(signer(SECOND))
    assert key_of(both, 1) == key_of(signer(FIRST))
    assert key_of(both, 0) != key_of(both, 1)
    said, signature = signed(both)
    verify(public_key(key_of(both, 0)), said, signature)
    with pytest.raises(CallerUnknown):
        verify(public_key(key_of(both, 1)), said, signature)


@pytest.mark.parametrize("away", [0, -WINDOW, WINDOW])
def test_c18_a_date_of_the_last_five_minutes_is_taken(away: float) -> None:
    check_date(formatdate(NOW + away, usegmt=True), NOW)


@pytest.mark.parametrize("away", [-WINDOW - 1, WINDOW + 1, -86400])
def test_c18_an_old_date_or_one_to_come_is_refused(away: float) -> None:
    with pytest.raises(CallerUnknown, match=r"^date: is more than 300 s away"):
        check_date(formatdate(NOW + away, usegmt=True), NOW)


@pytest.mark.parametrize("text", ["", "yesterday", "2020-10-07", "Wed, 99 Foo 2020 10:00:00 GMT"])
def test_c18_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(CallerUnknown, match=r"^date: is not a date"):
        check_date(text, NOW)
