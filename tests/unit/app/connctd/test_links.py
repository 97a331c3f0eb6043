"""Links and callback URLs."""

import pytest

from facade.app.connctd.links import Callbacks, Links

BASE = Links("https://api.example")


def test_c15_links_are_absolute_and_below_the_seeds_paths() -> None:
    root = "https://api.example/api/v1/connectors"
    assert BASE.description(2) == f"{root}/descriptions/2"
    assert BASE.instance("u") == f"{root}/instances/u"
    assert BASE.client("u") == f"{root}/clients/u"
    assert BASE.actions("1eb8") == f"{root}/actions/1eb8"


@pytest.mark.parametrize("tenant", ["", "acme", "a-b", "Ünïcode"])
def test_c10_a_callback_url_says_whose_it_is_to_nobody_but_us(tenant: str) -> None:
    ours, others = Callbacks(b"k" * 32), Callbacks(b"o" * 32)
    opaque = ours.opaque(tenant)
    assert opaque == Callbacks(b"k" * 32).opaque(tenant)
    assert opaque.isalnum()
    assert ours.tenant(opaque) == tenant
    assert others.tenant(opaque) is None


@pytest.mark.parametrize("forged", ["", "1eb8b9f", "zz" * 20, "00" * 20, "00" * 20 + "ff"])
def test_c10_a_made_up_callback_url_is_nobodys(forged: str) -> None:
    assert Callbacks(b"k" * 32).tenant(forged) is None


def test_c10_one_developer_cannot_make_the_url_of_another() -> None:
    ours = Callbacks(b"k" * 32)
    assert ours.tenant(ours.opaque("acme")[:40] + b"other".hex()) is None
