"""Of the operator's secrets a tenant has those that bear its name, and no other's."""

import pytest

from facade.secrets.owned import may_name

OWN = [
    ("shop", "env", "PORTICO_SECRET_SHOP__KEY"),
    ("my-shop", "env", "PORTICO_SECRET_MY_SHOP__KEY"),
    ("shop", "env", "PORTICO_SECRET_SHOP__A__B"),
    ("shop", "file", "shop/token"),
    ("shop", "file", "shop/deep/token"),
    ("shop", "vault", "secret/shop/api#key"),
    ("shop", "vault", "kv/shop/deep/api#key"),
    ("shop", "secret", "anything"),
    ("", "env", "PORTICO_SECRET_SHOP__KEY"),
    ("", "file", "/run/secrets/token"),
    ("", "vault", "secret/data/shop#key"),
]
OTHERS = [
    ("shop", "env", "PORTICO_SECRET_KEY"),
    ("shop", "env", "PORTICO_SECRET_BANK__KEY"),
    ("shop", "env", "PORTICO_SECRET_SHOPS__KEY"),
    ("shop", "env", "PORTICO_SECRET_SHOP_KEY"),
    ("shop", "env", "SHOP__KEY"),
    ("my", "env", "PORTICO_SECRET_MY_SHOP__KEY"),
    ("my--shop", "env", "PORTICO_SECRET_MY__SHOP__KEY"),
    ("shop", "file", "token"),
    ("shop", "file", "shop"),
    ("shop", "file", "shops/token"),
    ("shop", "file", "/shop/token"),
    ("shop", "file", "shop/../bank/token"),
    ("shop", "vault", "secret/bank/api#key"),
    ("shop", "vault", "secret/shop#key"),
    ("shop", "vault", "secret/data/shop/api#key"),
    ("shop", "vault", "secret/bank/shop#key"),
    ("secret", "vault", "secret/bank/api#key"),
    ("data", "vault", "secret/data/bank/api#key"),
    ("..", "file", "../token"),
    ("SHOP", "env", "PORTICO_SECRET_SHOP__KEY"),
]


@pytest.mark.parametrize(("tenant", "scheme", "name"), OWN)
def test_a_tenant_may_name_what_bears_its_name(tenant: str, scheme: str, name: str) -> None:
    assert may_name(tenant, scheme, name)


@pytest.mark.parametrize(("tenant", "scheme", "name"), OTHERS)
def test_a_tenant_may_not_name_what_is_the_operators_or_another_tenants(
    tenant: str, scheme: str, name: str
) -> None:
    assert not may_name(tenant, scheme, name)
