"""URLs that a backend names: followed as they are, and nowhere else than the version's calls go."""

import pytest

from facade.transcode.paging.next_target import Astray, Place, completed, names_behind, next_place
from facade.transcode.server import Base

BASES = (Base("https://a.example", "/v1", ""), Base("http://b.example:8080", "", ""))
REQUEST = "https://a.example/v1/things?limit=2"


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("https://a.example/v1/things?after=x", "/v1/things?after=x"),
        ("HTTPS://A.example:443/v1/things/?a", "/v1/things/?a"),
        ("?cursor=a%2Fb%2f+c==&x=%C3%A9", "/v1/things?cursor=a%2Fb%2f+c==&x=%C3%A9"),
        ("things/2", "/v1/things/2"),
        ("/v1/other?x=1#part", "/v1/other?x=1"),
        ("//a.example/v1", "/v1"),
        ("./things?q=é", "/v1/things?q=%C3%A9"),
    ],
)
def test_a_url_of_the_version_is_followed_as_it_is(reference: str, target: str) -> None:
    assert next_place(reference, REQUEST, BASES) == Place("https://a.example", target)


def test_every_server_of_the_version_is_one_of_its_places() -> None:
    assert next_place("http://b.example:8080/x", REQUEST, BASES).origin == "http://b.example:8080"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("https://evil.example/v1/things", "https://evil.example"),
        ("http://a.example/v1/things", "http://a.example"),
        ("https://a.example:8443/v1/things", "https://a.example:8443"),
        ("//evil.example/v1", "https://evil.example"),
        ("https://a.example@evil.example/v1", "no URL"),
        ("https://user:pw@a.example/v1", "no URL"),
        ("https://a.example\\@evil.example/v1", "no URL"),
        ("https://a.example/v1/%2e%2e/admin", "no URL"),
        ("/v1/..%2fadmin", "no URL"),
        ("https://a.example/v2/things", "leaves the path"),
        ("https://a.example/v1x", "leaves the path"),
        ("../admin", "leaves the path"),
        ("file:///etc/passwd", "no URL"),
        ("javascript:alert(1)", "no URL"),
        ("https://a.example/v1/\r\nX: y", "no URL"),
        ("https://[::1/v1", "no URL"),
        ("/v1/?" + "x" * 70_000, "longer"),
    ],
)
def test_a_url_that_leads_elsewhere_is_not(reference: str, reason: str) -> None:
    with pytest.raises(Astray, match=reason):
        next_place(reference, REQUEST, BASES)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a?x=1", "/a?x=1&api=v1"),
        ("/a?api=other&x=%20", "/a?api=other&x=%20"),
        ("/a?key=old&x=1", "/a?x=1&api=v1"),
        ("/a", "/a?api=v1"),
    ],
)
def test_what_the_version_adds_is_there_once(target: str, expected: str) -> None:
    assert completed(target, ["api=v1"], {"key"}) == expected


def test_the_names_that_signed_a_call_are_told_apart() -> None:
    assert [*names_behind("/a?x=1", "/a?x=1&api%5Fkey=s&t=u")] == ["api_key", "t"]
    assert [*names_behind("/a", "/a?key=s")] == ["key"]
    assert [*names_behind("/a", "/a")] == []
