"""What a Redis URL says."""

from typing import Any

import pytest

from facade.stores.dialing import Server, Slotted, Watched, check, parse
from facade.stores.shared import SharedGone

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "where", "who"),
    [
        ("redis://h", ("h", 6379), ("", "", 0)),
        ("redis://h:1/3", ("h", 1), ("", "", 3)),
        ("redis://:p%40s@h", ("h", 6379), ("", "p@s", 0)),
        ("redis://u:p@[::1]:7", ("::1", 7), ("u", "p", 0)),
        ("unix:///run/a%20b.sock?db=2&password=p", "/run/a b.sock", ("", "p", 2)),
        ("rediss://u:p@h/1", ("h", 6379), ("u", "p", 1)),
    ],
)
def test_a_url_names_a_server_and_who_we_are_there(url: str, where: Any, who: Any) -> None:
    place = parse(url)
    assert isinstance(place, Server)
    access = place.access
    assert place.where == where
    assert (access.username, access.password, access.db) == who
    assert access.client == "portico"
    assert (access.tls is not None) is url.startswith("rediss")


def test_a_sentinel_url_names_sentinels_a_service_and_who_we_are_at_its_master() -> None:
    place = parse("redis+sentinel://u:p@a:1,b,[::1]:2/orders/4?client_name=mine")
    assert isinstance(place, Watched)
    assert place.sentinels == (("a", 1), ("b", 26379), ("::1", 2))
    assert (place.service, place.access.db, place.access.client) == ("orders", 4, "mine")
    assert (place.access.username, place.access.password) == ("u", "p")


def test_a_cluster_url_names_some_nodes() -> None:
    place = parse("rediss+cluster://:p@a,b:7001")
    assert isinstance(place, Slotted)
    assert place.seeds == (("a", 6379), ("b", 7001))
    assert place.access.password == "p"
    assert place.access.tls is not None


def test_certificates_of_the_server_are_checked_unless_the_url_says_otherwise() -> None:
    checked, unchecked = parse("rediss://h"), parse("rediss://h?ssl_cert_reqs=none")
    assert checked.access.tls is not None
    assert checked.access.tls.check_hostname
    assert unchecked.access.tls is not None
    assert not unchecked.access.tls.check_hostname


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{SECRET}@h/abc",
        f"redis://:{SECRET}/x@h:1",
        f"redis://:{SECRET}@h:port",
        f"redis://:{SECRET}@h?nonsense=1",
        f"redis://:x?{SECRET}@h",
        f"rediss://:{SECRET}@h?ssl_ca_certs=/nowhere/{SECRET}",
        f"redis+sentinel://:{SECRET}@a:1",
        f"redis+sentinel://:{SECRET}@a:port/orders",
        f"redis+sentinel://:{SECRET}@/orders",
        f"redis+cluster://:{SECRET}@a/3",
        f"http://:{SECRET}@h",
        "unix://",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_never_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^redis: the URL cannot be used: ") as refused:
        parse(url)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


def test_what_is_read_of_a_url_does_not_show_its_password() -> None:
    assert SECRET not in repr(parse(f"redis://:{SECRET}@h"))


@pytest.mark.parametrize(
    ("version", "role", "why"),
    [
        (b"6.2.0", b"master", ""),
        (b"7.4.1", b"master", ""),
        (b"9.1.2", b"master", ""),
        (b"10.0", b"master", ""),
        (b"255.255.255", b"master", ""),
        (b"6.0.16", b"master", "too old, 6.0.16; Redis 6.2"),
        (b"5.0.7", b"master", "too old"),
        (b"7.2.4", b"replica", "READONLY"),
    ],
)
def test_f18_servers_that_are_too_old_or_replicas_are_not_used(
    version: bytes, role: bytes, why: str
) -> None:
    hello = {b"version": version, b"role": role}
    if not why:
        check(hello, master=True)
        return
    with pytest.raises(SharedGone, match=why):
        check(hello, master=True)


@pytest.mark.parametrize(
    "hello", [b"OK", None, {}, {b"version": 7}, [b"version", b"7.2.4"], {b"version": b"unstable"}]
)
def test_what_does_not_greet_as_a_redis_is_not_used(hello: Any) -> None:
    with pytest.raises(SharedGone):
        check(hello, master=False)


def test_a_node_of_a_cluster_may_be_a_replica() -> None:
    check({b"version": b"7.2.4", b"role": b"replica"}, master=False)
