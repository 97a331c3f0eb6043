"""Who may hand something over: whoever has the key."""

import logging

import pytest
from msgspec.structs import replace

from facade.errors.fault import Code, Effect
from facade.errors.hop import HopUntrusted
from facade.hop.signature import SKEW, HopKey, Keys, Message, sign, verify

NOW = 1_790_000_000.0

OLD, NEW = b"o" * 32, b"n" * 32

MESSAGE = Message(
    method="POST",
    target="/connectors/shop/versions/v1/things?x=1",
    headers=(("accept", "application/json"), ("portico-tenant", "acme"), ("portico-cache", "only")),
    body=b'{"a":1}',
)


def keys(*ring: bytes) -> tuple[HopKey, ...]:
    return Keys(lambda: ring).now()


(KEY,) = keys(NEW)

SAID = sign(KEY, MESSAGE, NOW)


def refused(message: Message = MESSAGE, said: str = SAID, now: float = NOW) -> str:
    with pytest.raises(HopUntrusted) as failure:
        verify((KEY,), message, said, now)
    assert failure.value.status is Code.FAILED_PRECONDITION
    assert failure.value.effect is Effect.NOT_EXECUTED
    return failure.value.message


def test_what_was_signed_is_believed() -> None:
    verify((KEY,), MESSAGE, SAID, NOW)


@pytest.mark.parametrize(
    "other",
    [
        replace(MESSAGE, method="PUT"),
        replace(MESSAGE, target="/connectors/shop/versions/v1/things?x=2"),
        replace(MESSAGE, headers=(("portico-tenant", "evil"), ("portico-cache", "only"))),
        replace(MESSAGE, headers=(("portico-tenant", "acme"),)),
        replace(MESSAGE, headers=(*MESSAGE.headers, ("portico-subject", "root"))),
        replace(MESSAGE, headers=(*MESSAGE.headers, ("portico-tenant", "evil"))),
        replace(MESSAGE, headers=(*MESSAGE.headers, ("portico-of-a-later-release", "x"))),
    ],
)
def test_c06_a_signature_is_for_one_request(other: Message) -> None:
    assert refused(other) == "the hop's signature is that of another request"


def test_c06_a_signature_is_for_one_body() -> None:
    assert refused(replace(MESSAGE, body=b"{}")) == "the hop's signature is that of another body"


def test_fields_that_are_not_the_hops_may_change_on_the_way_and_come_in_any_order() -> None:
    moved = (("portico-cache", "only"), ("via", "1.1 proxy"), ("portico-tenant", "acme"))
    verify((KEY,), replace(MESSAGE, headers=moved), SAID, NOW)


def test_its_own_field_is_no_part_of_what_is_signed() -> None:
    verify(
        (KEY,),
        replace(MESSAGE, headers=(*MESSAGE.headers, ("portico-signature", SAID))),
        SAID,
        NOW,
    )


def test_a_body_that_goes_out_as_it_comes_is_not_signed() -> None:
    streamed = replace(MESSAGE, body=None)
    said = sign(KEY, streamed, NOW)
    assert "body=unsigned-payload" in said
    verify((KEY,), streamed, said, NOW)
    verify((KEY,), MESSAGE, said, NOW)


def test_of_a_body_that_is_not_at_hand_the_digest_is_believed() -> None:
    verify((KEY,), replace(MESSAGE, body=None), SAID, NOW)


def test_what_is_said_of_the_body_is_signed_itself() -> None:
    digest = SAID.partition("body=")[2].partition(";")[0]
    assert "another request" in refused(said=SAID.replace(digest, "unsigned-payload"))


@pytest.mark.parametrize("skew", [-SKEW, 0, SKEW])
def test_c08_clocks_may_differ_by_five_minutes(skew: float) -> None:
    verify((KEY,), MESSAGE, SAID, NOW + skew)


@pytest.mark.parametrize("skew", [-SKEW - 1, SKEW + 1])
def test_c08_and_by_no_more(skew: float) -> None:
    assert "300 seconds away from the time here" in refused(now=NOW + skew)


@pytest.mark.parametrize(
    "said", ["", "x", SAID[:-1], SAID.upper(), SAID + ";x=1", SAID.replace("mac=", "mac=é")]
)
def test_what_has_another_form_is_no_signature(said: str) -> None:
    assert refused(said=said) == "the hop's signature is no signature that this release knows"


def test_the_first_key_signs_and_any_of_them_is_believed() -> None:
    before, during = keys(OLD), keys(NEW, OLD)
    verify(during, MESSAGE, sign(before[0], MESSAGE, NOW), NOW)
    said = sign(during[0], MESSAGE, NOW)
    verify(keys(NEW), MESSAGE, said, NOW)
    with pytest.raises(HopUntrusted, match="a key that is not known here"):
        verify(before, MESSAGE, said, NOW)


def test_keys_change_as_the_ring_does() -> None:
    ring: list[tuple[bytes, ...]] = [(OLD,)]
    held = Keys(lambda: ring[-1])
    first = held.now()
    assert held.now() is first
    ring.append((NEW, OLD))
    assert [each.id for each in held.now()] == [KEY.id, first[0].id]


def test_l01_no_key_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [repr(KEY), repr(Keys(lambda: (NEW,)).now()), SAID, refused(said=SAID[:-1]), KEY.id]
    assert not any(KEY.secret.hex() in each or "nnnn" in each for each in [*shown, caplog.text])
    assert str(KEY.secret) not in repr(KEY)
