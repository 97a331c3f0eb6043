import pytest

from facade.connections.hosts import allows


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        ("a.test", "https://a.test", True),
        ("a.test", "http://a.test", True),
        ("a.test", "https://a.test:8443", False),
        ("a.test", "https://b.a.test", False),
        ("a.test", "https://xa.test", False),
        ("a.test:8443", "https://a.test:8443", True),
        ("a.test:443", "https://a.test", True),
        ("a.test:8443", "https://a.test", False),
        ("*.a.test", "https://b.a.test", True),
        ("*.a.test", "https://c.b.a.test", True),
        ("*.a.test", "https://a.test", False),
        ("*.a.test", "https://ba.test", False),
        ("*.a.test:81", "http://b.a.test:81", True),
        ("127.0.0.1:80", "http://127.0.0.1", True),
        ("[::1]:8080", "http://[::1]:8080", True),
        ("[::1]", "http://[::1]", True),
        ("[::1]", "http://[::1]:8080", False),
    ],
)
def test_g24_a_host_is_allowed_by_name_and_port_or_below_a_suffix(
    pattern: str, origin: str, *, allowed: bool
) -> None:
    assert allows((pattern,), origin) is allowed


def test_g24_nothing_allows_nothing() -> None:
    assert not allows((), "https://a.test")
