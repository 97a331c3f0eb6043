"""What a facade believes of what is handed to it."""

import pytest

from facade.errors.hop import HopUntrusted
from facade.hop.acceptance import Acceptance
from facade.hop.fields import NOTHING, SIGNATURE, Handed, write
from facade.hop.signature import Keys, Message, sign
from facade.model.call import Headers

NOW = 1_790_000_000.0

KEYS = Keys(lambda: (b"k" * 32,))

ACCEPTANCE = Acceptance(KEYS, ("gateway.example",), lambda: NOW)

HANDED = Handed(tenant="acme", timeout=1.0)

FIELDS = write(HANDED)


def signed(fields: Headers = FIELDS) -> Headers:
    message = Message(method="GET", target="/x", headers=fields, body=b"")
    return (*fields, (SIGNATURE, sign(KEYS.now()[0], message, NOW)))


def handed(fields: Headers, *names: str, body: bytes | None = b"") -> Handed:
    return ACCEPTANCE.handed("GET", "/x", fields, body, names)


def test_what_is_signed_is_believed() -> None:
    assert handed(signed()) == HANDED
    assert handed(signed(), body=None) == HANDED


def test_c06_what_nobody_signed_is_not_there() -> None:
    assert handed(FIELDS) is NOTHING
    assert handed(FIELDS, "somebody.example") is NOTHING


def test_c06_who_has_a_certificate_of_that_name_needs_no_signature() -> None:
    assert handed(FIELDS, "x", "gateway.example") == HANDED
    assert handed((*FIELDS, (SIGNATURE, "forged")), "gateway.example") == HANDED


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "*.example",
        "GATEWAY.example",
        "gateway.example.",
        "gateway.example.evil",
        "evil.gateway.example",
        "gateway.example\0.evil",
        "gateway.exаmple",  # noqa: RUF001 - a Cyrillic letter
        "spiffe://gateway.example",
    ],
)
def test_c06_who_has_a_certificate_of_a_name_like_it_is_nobody(name: str) -> None:
    assert handed(FIELDS, name) is NOTHING


def test_c06_a_signature_that_does_not_hold_is_refused() -> None:
    with pytest.raises(HopUntrusted):
        handed((*FIELDS, (SIGNATURE, "forged")))
    with pytest.raises(HopUntrusted):
        handed((*signed(), ("portico-subject", "root")))


def test_c06_a_body_that_is_read_late_is_held_to_the_signature() -> None:
    ACCEPTANCE.check_body(signed(), b"")
    ACCEPTANCE.check_body(signed(), None)
    with pytest.raises(HopUntrusted, match="that of another body"):
        ACCEPTANCE.check_body(signed(), b"{}")


@pytest.mark.parametrize(
    ("fields", "name"),
    [(FIELDS, ""), ((*FIELDS, (SIGNATURE, "forged")), "gateway.example")],
    ids=["unsigned", "by certificate"],
)
def test_a_body_is_held_to_nothing_where_no_signature_counts(fields: Headers, name: str) -> None:
    ACCEPTANCE.check_body(fields, b"{}", (name,))


def test_without_names_no_certificate_is_believed() -> None:
    nameless = Acceptance(KEYS, (), lambda: NOW)
    assert nameless.handed("GET", "/x", FIELDS, b"", ("gateway.example",)) is NOTHING
