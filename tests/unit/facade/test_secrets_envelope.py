import os
from dataclasses import replace

import pytest

from facade.sealing import Seal
from facade.secrets.envelope import SecretPlace, disclose, enclose, rewrap

OLD, NEW = os.urandom(32), os.urandom(32)
RING = Seal([OLD])
HERE = SecretPlace(tenant="a", secret="key")


def test_a_value_comes_out_as_it_went_in() -> None:
    for value in ("hunter2", "ä\n\0\U0001f600", "x" * 65_536, "\ud800"):
        assert disclose(RING, enclose(RING, value, HERE), HERE) == value


def test_nothing_of_a_value_stands_in_its_envelope() -> None:
    envelope = enclose(RING, "hunter2", HERE)
    for text in (envelope.value, envelope.data_key, envelope.fingerprint.encode()):
        assert b"hunter2" not in text
        assert OLD not in text


@pytest.mark.parametrize(
    "there",
    [
        SecretPlace(tenant="b", secret="key"),
        SecretPlace(tenant="a", secret="other"),
        SecretPlace(tenant="ak", secret="ey"),
        SecretPlace(tenant="", secret="akey"),
    ],
)
def test_l06_an_envelope_that_is_moved_to_another_tenant_or_name_does_not_open(
    there: SecretPlace,
) -> None:
    moved = enclose(RING, "hunter2", HERE)
    assert disclose(RING, moved, there) is None
    assert rewrap(RING, moved, there) is None


def test_l06_neither_half_of_an_envelope_opens_in_another_one() -> None:
    mine, theirs = enclose(RING, "mine", HERE), enclose(RING, "theirs", replace(HERE, tenant="b"))
    assert disclose(RING, replace(mine, value=theirs.value), HERE) is None
    assert disclose(RING, replace(mine, data_key=theirs.data_key), HERE) is None


def test_l06_an_old_value_does_not_open_as_a_newer_one() -> None:
    first = enclose(RING, "first", HERE)
    second = enclose(RING, "second", HERE, first)
    assert disclose(RING, second, HERE) == "second"
    assert disclose(RING, replace(second, value=first.value), HERE) is None


def bent(sealed: bytes) -> list[bytes]:
    """A text with one bit changed, at each of its places; and nothing at all."""
    places = range(len(sealed))
    return [b"", *(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in places)]


def test_a_changed_bit_anywhere_keeps_it_shut() -> None:
    envelope = enclose(RING, "hunter2", HERE)
    changed = [replace(envelope, value=each) for each in bent(envelope.value)]
    changed += [replace(envelope, data_key=each) for each in bent(envelope.data_key)]
    assert len(changed) > 90
    assert {disclose(RING, each, HERE) for each in changed} == {None}


def test_the_fingerprint_tells_values_of_one_secret_apart_and_no_two_secrets_alike() -> None:
    first = enclose(RING, "same", HERE)
    again, other = enclose(RING, "same", HERE, first), enclose(RING, "other", HERE, first)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert enclose(RING, "same", replace(HERE, secret="b")).fingerprint != first.fingerprint
    assert (first.revision, again.revision) == (1, 2)


def test_l07_a_new_key_seals_and_the_old_one_is_not_needed_afterwards() -> None:
    before = enclose(RING, "hunter2", HERE)
    both = Seal([NEW, OLD])
    after = rewrap(both, before, HERE)
    assert after is not None
    assert (before.label, after.label) == (RING.label, both.label)
    assert disclose(Seal([NEW]), after, HERE) == "hunter2"
    assert disclose(Seal([NEW]), before, HERE) is None
    assert (after.value, after.fingerprint) == (before.value, before.fingerprint)


def test_a_secret_whose_key_is_lost_takes_a_new_value() -> None:
    lost = enclose(RING, "hunter2", HERE)
    new = enclose(Seal([NEW]), "hunter3", HERE, lost)
    assert disclose(Seal([NEW]), new, HERE) == "hunter3"
    assert new.revision == 2
