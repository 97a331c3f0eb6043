"""The server of a call, and the URLs that are none."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from facade.errors.caller import ConnectionIncomplete
from facade.model.action import Action, Server
from facade.model.names import VersionName
from facade.model.version import Destination, Version
from facade.spec.servers import nearest_servers
from facade.transcode.server import Base, choose, locate, parse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = Version(name=VersionName("c", "v1"), spec_digest="", create_time=NOW, update_time=NOW)
ACTION = Action(id="a", method="GET", path="/", pointer="")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://API.Example.com", Base("https://api.example.com", "", "")),
        ("HTTPS://x.org:443/v1/", Base("https://x.org", "/v1", "")),
        ("http://x.org:80/", Base("http://x.org", "", "")),
        ("http://x.org:443", Base("http://x.org:443", "", "")),
        (
            "https://bücher.example/ä b".replace(" ", ""),
            Base("https://xn--bcher-kva.example", "/%C3%A4b", ""),
        ),
        ("http://[::1]:8080/a%20b", Base("http://[::1]:8080", "/a%20b", "")),
        ("http://127.0.0.1:8080", Base("http://127.0.0.1:8080", "", "")),
        ("http://my_service:8080/x", Base("http://my_service:8080", "/x", "")),
        ("https://x.org/a?key=1&b=[#frag", Base("https://x.org", "/a", "key=1&b=%5B")),
    ],
)
def test_a_url_becomes_origin_path_and_query(url: str, expected: Base) -> None:
    assert parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/v1",
        "TBA",
        "//x.org/v1",
        "https://",
        "https:///v1",
        "ftp://x.org",
        "file:///etc/passwd",
        "ws://x.org",
        "https://user:pw@x.org",
        "https://x.org@evil.org",
        "https://x.org:0x50",
        "https://x.org:99999",
        "https://x.org:0",
        "https://x y.org",
        "https://x.org\\@evil.org",
        "https://x.org/\r\nHost: evil",
        "https://x.org/a/../b",
        "https://x.org/%2e%2e/b",
        "https://[::1",
        "https://{host}",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://-x-/",
        "https://a..b/",
        "https://%65vil.org/",
    ],
)
def test_b03_what_is_no_plain_http_url_is_refused_naming_the_destination(url: str) -> None:
    with pytest.raises(ConnectionIncomplete) as caught:
        parse(url)
    assert [each.field for each in caught.value.details.violations] == ["destination.uri"]


def test_the_versions_own_address_replaces_the_documents() -> None:
    action = replace(ACTION, servers=(Server(url="https://doc.org/v1"),))
    assert choose(VERSION, action, {}).origin == "https://doc.org"
    version = replace(VERSION, destination=Destination(uri="http://localhost:1/base"))
    assert choose(version, action, {}) == Base("http://localhost:1", "/base", "")


def test_variables_fill_the_url_over_their_defaults() -> None:
    server = Server(
        url="{scheme}://{region}.x.org/{base}",
        variables={"scheme": "https", "region": "eu", "base": "v1"},
        enums={"region": ("eu", "us")},
    )
    action = replace(ACTION, servers=(server,))
    assert choose(VERSION, action, {}).origin == "https://eu.x.org"
    assert choose(VERSION, action, {"region": "us"}).origin == "https://us.x.org"
    with pytest.raises(ConnectionIncomplete) as caught:
        choose(VERSION, action, {"region": "evil"})
    assert caught.value.details.violations[0].field == "variables.region"


def test_every_variable_without_a_value_is_named_at_once() -> None:
    action = replace(ACTION, servers=(Server(url="https://{a}/{b}", variables={"c": ""}),))
    with pytest.raises(ConnectionIncomplete) as caught:
        choose(VERSION, action, {})
    found = [each.field for each in caught.value.details.violations]
    assert found == ["variables.a", "variables.b"]


def test_b21_a_variables_value_is_never_expanded_again() -> None:
    action = replace(ACTION, servers=(Server(url="https://x.org/{a}", variables={"b": "no"}),))
    assert choose(VERSION, action, {"a": "{b}"}).path == "/%7Bb%7D"


def test_a_document_without_a_server_needs_a_destination() -> None:
    with pytest.raises(ConnectionIncomplete) as caught:
        choose(VERSION, ACTION, {})
    assert caught.value.details.violations[0].field == "destination.uri"


@pytest.mark.parametrize(
    ("url", "document", "expected"),
    [
        ("/v1", "https://x.org/api/openapi.json", Base("https://x.org", "/v1", "")),
        ("v1/", "https://x.org/api/openapi.json", Base("https://x.org", "/api/v1", "")),
        ("./", "https://x.org/api/openapi.json", Base("https://x.org", "/api", "")),
        ("../v2", "https://x.org/api/openapi.json?t=1", Base("https://x.org", "/v2", "")),
        ("/", "https://x.org/api/openapi.json", Base("https://x.org", "", "")),
        ("", "https://x.org/api/openapi.json", Base("https://x.org", "", "")),
        ("?k=v", "https://x.org:8443/a", Base("https://x.org:8443", "/a", "k=v")),
        ("//y.org/v1", "http://x.org/a", Base("http://y.org", "/v1", "")),
        ("/v1#top", "https://x.org/a", Base("https://x.org", "/v1", "")),
        ("https://y.org/v1/", "https://x.org/a", Base("https://y.org", "/v1", "")),
        ("https://y.org/v1", "", Base("https://y.org", "/v1", "")),
    ],
)
def test_h17_a_relative_server_is_relative_to_the_documents_address(
    url: str, document: str, expected: Base
) -> None:
    assert locate(Server(url=url), document, {}) == expected
    action = replace(ACTION, servers=(Server(url=url),))
    assert choose(replace(VERSION, spec_uri=document), action, {}) == expected


@pytest.mark.parametrize("url", ["/v1", "v1", "", "/", "//y.org", "TBA", "?a", "a\u202eb"])
def test_h17_a_relative_server_of_no_address_is_never_guessed(url: str) -> None:
    with pytest.raises(ConnectionIncomplete) as caught:
        locate(Server(url=url), "", {})
    (violation,) = caught.value.details.violations
    assert violation.field == "destination.uri"
    assert "`direct.base_uri`" in violation.description
    assert violation.description.isprintable()


@pytest.mark.parametrize(
    "url",
    ["//[::1", "\n//evil.org", "https:v1", "//u:p@y.org", "//y.org:0", "//y.org:99999", "\\\\y"],
)
def test_h17_a_relative_server_makes_no_address_that_calls_cannot_go_to(url: str) -> None:
    with pytest.raises(ConnectionIncomplete):
        locate(Server(url=url), "https://x.org/openapi.json", {})


def test_h17_variables_are_filled_before_a_server_is_resolved() -> None:
    server = Server(url="{base}/v1", variables={"base": ""})
    assert locate(server, "https://x.org/d/o.json", {}) == Base("https://x.org", "/v1", "")
    assert locate(server, "", {"base": "https://y.org"}) == Base("https://y.org", "/v1", "")


def test_h17_an_empty_default_is_a_default() -> None:
    server = Server(url="https://x.org/{base}", variables={"base": ""})
    assert locate(server, "", {}) == Base("https://x.org", "", "")


@pytest.mark.parametrize("level", [[], [{"url": 1}]])
def test_h17_servers_that_all_are_none_are_not_replaced_by_the_root(level: list[Any]) -> None:
    servers = nearest_servers([level, [{"url": "/d"}]]) if level else nearest_servers([])
    action = replace(ACTION, servers=servers)
    version = replace(VERSION, spec_uri="https://x.org/o.json")
    if level:
        with pytest.raises(ConnectionIncomplete):
            choose(version, action, {})
    else:
        assert choose(version, action, {}) == Base("https://x.org", "", "")
