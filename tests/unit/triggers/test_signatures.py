"""Standard Webhooks: what is signed, by the library of that name, and what is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from facade.errors.triggers import WebhookRefused
from facade.triggers.signatures import text_of, verify
from tests.triggers import sign

NOW = 1_772_366_400
KEY, OTHER = b"k" * 32, b"o" * 32
BODY = '{"a": "ä"}'.encode()


def signed(key: bytes = KEY, time: int = NOW, body: bytes = BODY) -> dict[str, str]:
    """The fields of a message, as the library makes them."""
    made = Webhook(text_of(key)).sign("m1", datetime.fromtimestamp(time, UTC), body.decode())
    return {"webhook-id": "m1", "webhook-timestamp": str(time), "webhook-signature": made}


def refused(headers: dict[str, str], body: bytes = BODY, keys: tuple[bytes, ...] = (KEY,)) -> str:
    with pytest.raises(WebhookRefused) as refusal:
        verify(keys, headers, body, NOW)
    return refusal.value.message


def test_what_the_library_signs_is_believed_and_tests_sign_as_it_does() -> None:
    assert verify((OTHER, KEY), signed(), BODY, NOW) == "m1"
    assert sign(KEY, "m1", NOW, BODY) == signed()["webhook-signature"]


@pytest.mark.parametrize(
    "signature",
    ["", "v1", "v1,", "v1,!!!", "v2,aaaa", "v1a,aaaa", "v1,ää", ",", "v1,YWJj " * 20],
)
def test_k01_a_signature_that_is_none_is_refused(signature: str) -> None:
    refused(signed() | {"webhook-signature": signature})


def test_k01_another_prefix_of_the_right_signature_is_refused() -> None:
    right = signed()["webhook-signature"].partition(",")[2]
    for prefix in ("v1a", "v2", "V1", "hmac", ""):
        refused(signed() | {"webhook-signature": f"{prefix},{right}"})


def test_k01_without_a_secret_nothing_is_believed_not_even_what_nothing_signs() -> None:
    refused(signed(), keys=())
    for key in (b"\0", b""):
        made = signed() | {"webhook-signature": sign(key, "m1", NOW, BODY)}
        refused(made, keys=())


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_k01_each_of_the_fields_is_needed(missing: str) -> None:
    refused({name: text for name, text in signed().items() if name != missing})


@pytest.mark.parametrize("seconds", [-301, 301])
def test_k02_a_time_that_is_not_now_is_refused(seconds: int) -> None:
    refused(signed(time=NOW + seconds))
    assert verify((KEY,), signed(time=NOW + seconds // 301 * 300), BODY, NOW) == "m1"


@pytest.mark.parametrize(
    "time", ["now", "", str(2**64), "-1", "1e9", "nan", "0x5f", "٣", f" {NOW}", f"{NOW}.0"]
)
def test_k02_a_time_that_is_none_is_refused(time: str) -> None:
    key = signed() | {"webhook-timestamp": time}
    refused(key | {"webhook-signature": f"{sign_text(KEY, time)} {key['webhook-signature']}"})


def sign_text(key: bytes, time: str) -> str:
    """A signature over a time that is no number."""
    return sign(key, f"m1.{time}", 0, BODY)


def test_k03_a_message_is_no_other_one_by_where_its_id_ends() -> None:
    """Id, time and body are signed with dots between: `m1.1.` and `2.x` are no `m1.1`, 2 and x."""
    body = f"{NOW}.{{}}".encode()
    headers = fields(body)
    assert verify((KEY,), headers, body, NOW) == "m1"
    refused(headers | {"webhook-id": f"m1.{NOW}"}, b"{}")


def test_k04_raw_bytes_are_judged() -> None:
    for body in (b'{"a":"\xc3\xa4"}', '{"a": "ä"}'.encode("latin-1"), BODY + b"\n", b""):
        refused(signed(), body)
    assert verify((KEY,), fields(b"\xff\xfe"), b"\xff\xfe", NOW) == "m1"


def fields(body: bytes) -> dict[str, str]:
    """Those of a message in bytes that are no text."""
    return signed() | {"webhook-signature": sign(KEY, "m1", NOW, body)}


def test_k05_one_of_two_signatures_suffices_and_one_of_two_secrets() -> None:
    both = f"{signed(OTHER)['webhook-signature']} {signed()['webhook-signature']}"
    assert verify((KEY,), signed() | {"webhook-signature": both}, BODY, NOW) == "m1"
    assert verify((OTHER, KEY), signed(), BODY, NOW) == "m1"


def test_k06_another_secret_is_refused_in_the_words_of_every_refusal() -> None:
    said = refused(signed(OTHER))
    assert said == refused({}) == refused(signed(), b"") == refused(signed(), keys=())


@given(st.dictionaries(st.sampled_from(sorted(signed())), st.text(max_size=40)), st.binary())
def test_k01_whatever_comes_is_refused_and_never_fails(
    headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(WebhookRefused):
        verify((KEY,), headers, body, NOW)
