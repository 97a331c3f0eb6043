"""Servers of operations."""

from typing import Any

import pytest

from facade.model.action import Server
from facade.spec.servers import nearest_servers


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/v1",
        "/v1",
        "",
        "//a.example",
        "{base}",
        "https://{host}:{port}/{v}",
        "TBA",
    ],
)
def test_h17_a_url_is_left_as_the_template_that_it_is(url: str) -> None:
    assert nearest_servers([[{"url": url}]]) == (Server(url=url),)


def test_h17_variables_have_defaults_and_enums_as_text() -> None:
    variables = {
        "host": {"default": "a", "enum": ["a", "b", 1]},
        "port": {"default": 8443},
        "flag": {"default": True},
        "none": {"enum": "x"},
        "junk": 1,
    }
    (found,) = nearest_servers([[{"url": "https://{host}:{port}", "variables": variables}]])
    assert found.variables == {"host": "a", "port": "8443", "flag": "true"}
    assert found.enums == {"host": ("a", "b", "1")}


@pytest.mark.parametrize(
    ("levels", "urls"),
    [
        ([None, None, None], ["/"]),
        ([[{"url": "/o"}], [{"url": "/p"}], [{"url": "/d"}]], ["/o"]),
        ([None, [{"url": "/p"}], [{"url": "/d"}]], ["/p"]),
        ([[], None, [{"url": "/d"}]], ["/d"]),
        (["junk", {"url": "/x"}, [{"url": "/d"}, {"url": "/e"}]], ["/d", "/e"]),
        ([[{"url": 1}, None, {"url": "/o"}], [{"url": "/d"}]], ["/o"]),
        ([[{"url": 1}], [{"url": "/d"}]], []),
    ],
)
def test_the_nearest_level_that_has_servers_counts(levels: list[Any], urls: list[str]) -> None:
    assert [each.url for each in nearest_servers(levels)] == urls
