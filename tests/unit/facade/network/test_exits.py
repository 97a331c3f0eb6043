import pytest

from facade.errors.caller import ConnectionIncomplete
from facade.network.exits import Exits, Proxy


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.example", Proxy(secure=False, host="proxy.example", port=80)),
        ("http://proxy.example:3128/", Proxy(secure=False, host="proxy.example", port=3128)),
        ("https://Proxy.example", Proxy(secure=True, host="proxy.example", port=443)),
        ("https://[::1]:8443", Proxy(secure=True, host="::1", port=8443)),
        (
            "http://me:a%3Ab%40=c@10.0.0.1:8",
            Proxy(secure=False, host="10.0.0.1", port=8, authorization="Basic bWU6YTpiQD1j"),
        ),
    ],
)
def test_a_proxy_is_a_name_and_a_url(url: str, proxy: Proxy) -> None:
    exits = Exits.parse((f"one={url}", "two=http://two.example"), ())
    assert exits.proxy("one") == proxy
    assert proxy.authorization not in repr(proxy) or not proxy.authorization


def test_the_url_of_a_proxy_does_not_say_how_to_be_let_in() -> None:
    proxy = Exits.parse(("one=https://me:secret@[::1]:8443",), ()).proxy("one")
    assert proxy
    assert proxy.url == "https://[::1]:8443"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "proxy.example:3128",
        "socks5://proxy.example",
        "http://",
        "http://me:secret@",
        "http://me:secret@proxy.example:port",
        "http://me:secret@proxy.example:99999",
        "http://me:secret@proxy.example/path",
        "http://me:secret@proxy.example?a=b",
        "http://me:secret@[::1",
    ],
)
def test_a_url_of_a_proxy_that_cannot_be_read_is_not_told(url: str) -> None:
    with pytest.raises(ValueError, match="`one`") as refusal:
        Exits.parse((f"one={url}",), ())
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_without_a_name_there_is_no_proxy_and_no_source_address() -> None:
    exits = Exits.parse((), ())
    assert exits.proxy("") is None
    assert exits.source("") == ""


@pytest.mark.parametrize("address", ["10.0.0.7", "fd00::7", "FD00:0::7"])
def test_a_source_address_is_one_of_those_offered(address: str) -> None:
    exits = Exits.parse((), ("10.0.0.7", "fd00:0::7"))
    assert exits.source(address) in {"10.0.0.7", "fd00::7"}
    with pytest.raises(ConnectionIncomplete):
        exits.source("10.0.0.8")


def test_a_source_address_must_be_an_address() -> None:
    with pytest.raises(ValueError, match="eth0"):
        Exits.parse((), ("eth0",))
