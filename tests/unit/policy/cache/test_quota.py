"""How much of what processes share is one tenant's."""

import pytest

from facade.policy.cache.naming import CacheKey
from facade.policy.cache.quota import ENTRY, KEYS, Quota

NOW = 1_000.0
SIZE = 1_000


def key(name: str, tenant: str = "acme") -> CacheKey:
    return CacheKey("tag", name, tenant)


COST = SIZE + ENTRY + 1
"""Of a record under a key of one letter."""


def kept(quota: Quota, names: str, tenant: str = "acme", peers: int = 1) -> str:
    """What goes while records are kept under these names."""
    going = (quota.kept(key(each, tenant), SIZE, NOW + 60, NOW, peers) for each in names)
    return "".join(entry for each in going for entry in each)


def test_f12_the_oldest_of_its_own_goes_for_what_is_too_much() -> None:
    quota = Quota(3 * COST)
    assert kept(quota, "abc") == ""
    assert kept(quota, "de") == "ab"
    assert kept(quota, "xyz", "other") == ""


def test_f12_what_is_kept_anew_counts_once_and_as_the_newest() -> None:
    quota = Quota(3 * COST)
    assert kept(quota, "abcaaaa") == ""
    assert kept(quota, "d") == "b"


def test_f12_what_has_ended_by_itself_is_not_removed() -> None:
    quota = Quota(3 * COST)
    kept(quota, "abc")
    assert quota.kept(key("d"), SIZE, NOW + 120, NOW + 61, 1) == []


def test_f12_what_is_larger_than_the_quota_does_not_stay() -> None:
    quota = Quota(3 * COST)
    assert kept(quota, "ab") == ""
    assert quota.kept(key("c"), 4 * COST, NOW + 60, NOW, 1) == ["a", "b", "c"]
    assert quota._parts == {}


def test_f12_each_process_has_its_share() -> None:
    quota = Quota(4 * COST)
    assert kept(quota, "abcd", peers=2) == "ab"


@pytest.mark.parametrize(("limit", "tenant"), [(0, "acme"), (COST, "")])
def test_without_a_quota_or_without_tenants_nothing_goes(limit: int, tenant: str) -> None:
    quota = Quota(limit)
    assert kept(quota, "abcdef", tenant) == ""
    assert quota._parts == {}


def test_f12_what_it_remembers_is_bounded_whoever_keeps_how_many() -> None:
    quota = Quota(2**40)
    quota.kept(key("first", "small"), SIZE, NOW + 60, NOW, 1)
    for number in range(KEYS + 10):
        quota.kept(key(f"{number}"), SIZE, NOW + 60, NOW, 1)
    assert quota._keys == KEYS
    assert len(quota._parts["small"]) == 1
