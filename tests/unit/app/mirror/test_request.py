"""What a request to the mirror asks for."""

from typing import Any

import pytest

from facade.app.mirror.request import Head, address_of, call_of, read_head
from facade.app.mirror.routers import Served
from facade.hop.fields import NOTHING, Handed
from facade.model.action import Action, Location, Parameter, Style
from facade.model.call import CacheUse, Headers
from facade.model.credential import Passthrough
from facade.model.names import VersionName
from facade.model.version import Serialization
from facade.transcode.match import Matched, Router, fields_of
from tests.fakes import a_version


def scope(path: str, query: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/decoded",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"x-a", b"caf\xe9")],
        **fields,
    }


@pytest.mark.parametrize(
    ("path", "query", "name", "target"),
    [
        ("/connectors/a/versions/v1/x/y", "", VersionName("a", "v1"), "/x/y"),
        ("/connectors/a/versions/live/", "q=%20", VersionName("a", "live"), "/?q=%20"),
        ("/connectors/a/versions/v1/%2F%0A", "", VersionName("a", "v1"), "/%2F%0A"),
        ("/connectors/%61/versions/v1//x", "", VersionName("a", "v1"), "//x"),
    ],
)
def test_an_address_is_read_as_it_came(
    path: str, query: str, name: VersionName, target: str
) -> None:
    asked = scope(path, query)
    address = address_of(asked)
    assert address is not None
    head = read_head(asked, address)
    assert (head.name, head.target) == (name, target)
    assert head.whole == path + (f"?{query}" if query else "")
    assert head.header("x-a") == "caf\xe9"


@pytest.mark.parametrize(
    "path", ["/connectors/a/versions/v1", "/connectors/a/b/", "/v1/connectors/a/versions/v/x"]
)
def test_other_addresses_are_not_mirrored(path: str) -> None:
    assert address_of(scope(path)) is None


def a_head(headers: Headers) -> Head:
    name = VersionName("a", "live")
    fields = fields_of(headers)
    return Head(method="GET", whole="", name=name, target="/", headers=headers, fields=fields)


def served(**fields: Any) -> Served:
    return Served(a_version(**fields), Router((), Serialization()))


def called(headers: tuple[tuple[str, str], ...], handed: Handed, *declared: str) -> CacheUse:
    parameters = tuple(
        Parameter(
            key=each, name=each, location=Location.HEADER, required=False,
            style=Style.SIMPLE, explode=False,
        )
        for each in declared
    )  # fmt: skip
    action = Action(id="a", method="GET", path="/", pointer="", parameters=parameters)
    matched = Matched(action=action, arguments={})
    return call_of(matched, served(), a_head(headers), handed, "", "").cache_use


@pytest.mark.parametrize(
    ("field", "use"),
    [
        ("no-cache", CacheUse.REFRESH),
        ("max-age=0, No-Store", CacheUse.BYPASS),
        ("only-if-cached", CacheUse.ONLY),
        ("max-age=60", CacheUse.POLICY),
        ("", CacheUse.POLICY),
    ],
)
def test_a_request_says_how_it_uses_the_cache(field: str, use: CacheUse) -> None:
    assert called((("cache-control", field),), NOTHING) is use


def test_what_a_gateway_hands_over_goes_before_the_field() -> None:
    handed = Handed(cache_use=CacheUse.ONLY)
    assert called((("cache-control", "no-store"),), handed) is CacheUse.ONLY


def test_a_field_that_is_the_backends_parameter_says_nothing_to_the_cache() -> None:
    field = (("cache-control", "no-store"),)
    assert called(field, NOTHING, "Cache-Control") is CacheUse.POLICY


def test_a_call_is_made_for_whom_it_is_handed_over() -> None:
    head = a_head((("a", "b"), ("portico-subject", "s"), ("a", "c"), ("other", "x")))
    signing = (Passthrough(metadata="a", header="x-a"), Passthrough(metadata="d", header="x-d"))
    handed = Handed(tenant="t", subject="s", timeout=1.5, request_id="r", max_wait=2.0)
    action = Action(id="act", method="GET", path="/", pointer="")
    call = call_of(
        Matched(action=action, arguments={}),
        served(passthrough=signing),
        head,
        handed,
        trace_id="0" * 32,
        caller_name="key:ci",
    )
    assert str(call.name) == "connectors/shop/versions/v1/actions/act"
    assert (call.caller.tenant, call.caller.subject) == ("t", "s")
    assert (call.deadline, call.request_id, call.max_wait) == (1.5, "r", 2.0)
    assert call.metadata == {"a": "b, c"}
    assert call.caller_name == "key:ci"
    assert not call.full_view
