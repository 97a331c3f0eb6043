"""The plan of an export for Envoy: what it says of each method, and of whom it signs for."""

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from msgspec import structs

from facade.model.action import Location
from facade.model.credential import ApiKey, AwsSigV4, Bearer, Credential, CustomHeaders, Passthrough
from facade.model.policy import Policy
from facade.model.version import Destination, Network, Variable
from facade.spec.spec import Spec
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed
from gateway.typed.descriptors import file_proto
from gateway.typed.envoy.export import envoy
from gateway.typed.envoy.plan import Plan, plan
from tests.envoy_shop import COMPONENTS, PATHS
from tests.fakes import a_version
from tests.specs import spec_of

HERE = Destination(uri="https://things.example/base")
GET = {"operationId": "get", "responses": {"204": {"description": ""}}}
KEY = {"type": "apiKey", "in": "query", "name": "key"}
LEFT = {
    "PutWhole": "`PutWholeRequestBody.n` has 64 bits, which protobuf's JSON writes as text.",
    "PutChoice": "`body` is one of several types, which is not protobuf's JSON.",
    "PutGrid": "`body` is an array or a value in a message of its own, which is not protobuf's"
    " JSON.",
    "PutDashed": "No field can be called as `PutDashedRequestBody.x-n` is.",
    "PostForm": "Its body is `application/x-www-form-urlencoded`, and Envoy sends"
    " `application/json`.",
    "ByHeader": "`X-Tag` goes into a header.",
    "ByCookie": "`tag` goes into a cookie.",
    "ListThings": "Its answer is no object, and Envoy reads nothing else.",
    "CountThings": "Its answer is no object, and Envoy reads nothing else.",
    "Either": "Its answer depends on the status.",
    "Level": "`LevelResponse.level` has values that no value of an enum can be called.",
    "Watch": "It is a stream, which Envoy's filter refuses.",
}
BY_QUERY = (
    "No field can be called as `page-size` is.",
    "`ids` has a style that Envoy does not write.",
    "`where` is an object or anything, which Envoy writes with dots.",
    "`url` is percent-encoded in a way of its own.",
    "`legs` has values that no value of an enum can be called.",
)


def planned(spec: Spec, **version: Any) -> Plan:
    service = structs.replace(numbered(typed(spec), {})[0], name="ThingsService")
    return plan(a_version(**{"destination": HERE} | version), spec, service)


def things() -> Spec:
    return spec_of(PATHS, components=COMPONENTS)


def one(scheme: Mapping[str, Any] | None = None, **version: Any) -> Plan:
    """Of one method, that is signed by a scheme."""
    if scheme is None:
        return planned(spec_of({"/a": {"get": GET}}), **version)
    schemes = {"securitySchemes": {"own": scheme}}
    spec = spec_of({"/a": {"get": GET}}, components=schemes, security=[{"own": []}])
    return planned(spec, **version)


def archive(**version: Any) -> dict[str, bytes]:
    spec = things()
    service = structs.replace(numbered(typed(spec), {})[0], name="ThingsService")
    made = envoy(a_version(**{"destination": HERE} | version), spec, service, "things.v1")
    with zipfile.ZipFile(BytesIO(made)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_each_method_that_envoy_cannot_carry_is_listed_with_its_reason() -> None:
    rows = {each.method: each.reasons for each in planned(things()).rows if each.reasons}
    assert rows.pop("ByQuery") == BY_QUERY
    assert {name: " ".join(reasons) for name, reasons in rows.items()} == LEFT


def test_what_is_lost_in_a_method_that_it_can_carry_is_said() -> None:
    limits = {each.method: each.limits for each in planned(things()).rows if not each.reasons}
    assert limits["PutThing"] == (
        "Only the values that the document lists are sent for `Thing.kind`.",
        "Null is not sent for `Thing.nick`.",
        "A value of `Thing.kind` that the document does not list ends the call, INTERNAL.",
        "Null for `Thing.nick` is read as absent.",
    )
    assert limits["PutTags"] == ("A call without a body, or with an empty one, is refused.",)
    assert limits["DeleteThing"] == ()


def test_numbers_are_those_that_are_served_and_names_are_the_jsons() -> None:
    spec = things()
    service = structs.replace(numbered(typed(spec), {})[0], name="ThingsService")
    served = {each.name: each for each in file_proto(service, "things.v1").message_type}
    file = FileDescriptorSet.FromString(archive()["things.binpb"]).file[-1]
    assert not file.enum_type
    for message in file.message_type:
        if message.field:
            theirs = {each.number: each.type for each in served[message.name].field}
            ours = {each.number: each.type for each in message.field}
            assert ours.items() <= theirs.items(), message.name
    thing = next(each for each in file.message_type if each.name == "Thing")
    assert "shortName" in [each.name for each in thing.field]
    kind = next(each for each in file.message_type if each.name == "ThingKind")
    assert [each.name for each in kind.enum_type[0].value][1:] == ["red", "dark_blue"]


def test_the_archive_tells_people_and_programs_the_same() -> None:
    files = archive()
    told = json.loads(files["report.json"])
    assert [*files] == ["README.md", "report.json", "envoy.yaml", "things.binpb"]
    text = files["README.md"].decode()
    assert f"carries 10 of {len(told['methods'])} methods" in text
    for each in told["methods"]:
        assert f"- {each['method']}" in text
        assert all(words in text for words in (*each["reasons"], *each["limits"]))


def test_where_nothing_can_be_carried_there_is_the_report_alone() -> None:
    files = archive(destination=Destination(uri="https://f.example", indirect=True))
    assert [*files] == ["README.md", "report.json"]
    assert b"Its calls go through a facade." in files["README.md"]


def test_the_configuration_calls_the_backend_as_the_version_does() -> None:
    network = Network(ca="env:CA", proxy="corner")
    files = archive(
        destination=Destination(uri="https://things.example:8443/base", network=network),
        policy=Policy(timeout=2.5),
        variables=(Variable(name="X-Mark", location=Location.HEADER, value="100%"),),
    )
    made = yaml.safe_load(files["envoy.yaml"])["static_resources"]
    manager = made["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    (host,) = manager["route_config"]["virtual_hosts"]
    route = host["routes"][0]["route"]
    assert (route["host_rewrite_literal"], route["timeout"]) == ("things.example:8443", "2.500s")
    header = host["request_headers_to_add"][0]["header"]
    assert header == {"key": "X-Mark", "value": "100%%"}
    assert made["clusters"][0]["transport_socket"]["typed_config"]["sni"] == "things.example"
    assert b"the certificates that it trusts, the proxy `corner`" in files["README.md"]


@pytest.mark.parametrize(
    ("scheme", "kind", "reasons", "limits"),
    [
        ({"type": "http", "scheme": "bearer"}, Bearer(token="env:T"), [], ["`authorization`"]),
        (KEY, ApiKey(key="env:K"), ["Its key goes into the query."], []),
        ({**KEY, "in": "header"}, ApiKey(key="env:K"), [], ["`key`"]),
        ({**KEY, "in": "cookie"}, ApiKey(key="env:K"), [], ["`cookie`"]),
        (KEY, CustomHeaders(headers={"X-A": "env:A", "X-B": "env:B"}), [], ["`x-a`", "`x-b`"]),
        (
            {"type": "http", "scheme": "aws"},
            AwsSigV4(access_key_id="env:I", secret_access_key="env:S", region="r", service="s"),
            ["Its calls are signed in a way that Envoy does not know."],
            [],
        ),
    ],
)
def test_what_signs_is_sent_by_the_caller_or_cannot_be_carried(
    scheme: Mapping[str, Any], kind: Any, reasons: list[str], limits: list[str]
) -> None:
    (row,) = one(scheme, credentials=(Credential(scheme="own", kind=kind),)).rows
    assert [*row.reasons] == reasons
    assert len(row.limits) == len(limits)
    assert all(name in said for name, said in zip(limits, row.limits, strict=True))
    assert "env:" not in " ".join((*row.reasons, *row.limits))


def test_variables_and_what_callers_pass_through_are_told() -> None:
    (row,) = one(variables=(Variable(name="v", location=Location.QUERY, value="1"),)).rows
    assert row.reasons == ("The variable `v` goes into the query.",)
    (row,) = one(variables=(Variable(name="X-S", location=Location.HEADER, secret="env:S"),)).rows
    assert row.limits == (
        "Portico signs it with a secret; here the caller sends `x-s` as metadata.",
    )
    through = (Passthrough(metadata="x-user-token", header="Authorization", prefix="Bearer "),)
    (row,) = one(passthrough=through).rows
    assert row.limits == (
        "What callers send as `x-user-token` they send as `authorization` here, as `Bearer …`.",
    )


def test_a_server_of_its_own_and_one_that_is_not_known_are_reasons() -> None:
    other = {**GET, "operationId": "other", "servers": [{"url": "https://other.example"}]}
    relative = {**GET, "operationId": "relative", "servers": [{"url": "/x"}]}
    paths: dict[str, Any] = {"/a": {"get": GET}, "/b": {"get": {**GET, "operationId": "more"}}}
    paths |= {"/c": {"get": other}, "/d": {"get": relative}}
    spec = spec_of(paths, servers=[{"url": "https://things.example/base"}])
    rows = {each.action: each.reasons for each in planned(spec, destination=Destination()).rows}
    assert rows["get"] == rows["more"] == ()
    assert rows["other"] == ("Its server is another than that of most: https://other.example.",)
    assert rows["relative"][0].startswith("It is not known where its backend is: ")


def test_an_action_that_cannot_be_called_is_listed() -> None:
    spec = spec_of({"/a/{b": {"get": GET}})
    (row,) = planned(spec).rows
    assert (row.action, row.method) == ("get", "")
    assert row.reasons
