"""Documents that cannot be read: refused with their place, and no connector comes of them."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import CreateVersion, ManageVersionsRequest, VersionChange
from gateway.v1.version_pb2 import ConnectorVersion
from tests.doors import Door, a_door, document, refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEBIBYTE = 2**20
NOWHERE = "http://127.0.0.1:1"
INVALID = ("INVALID_ARGUMENT", "INVALID_SPEC", "gateway", "NOT_EXECUTED")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("documents")) as opened:
        yield opened


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return (f"new{number}" for number in itertools.count())


HEAD = '{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{},"x-a":'
YAML = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\nx-a: "
LAUGHS = "".join(f"{n}: &{n} [{', '.join([f'*{n - 1}'] * 9)}]\n" for n in range(1, 20))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("null", "line 1, column 1"),
        ("hello", "line 1, column 1"),
        ("<!DOCTYPE html>", "line 1, column 1"),
        ("[]", "line 1, column 1"),
        (HEAD + "1", "line 1, column 73"),
        (HEAD + "1}}", "line 1, column 74"),
        ("openapi: 3.1.0\npaths: [", "line 2, column 9"),
        ('{"paths":{}}', "openapi"),
        ('{"openapi":"4.0.0"}', "/openapi"),
        ('{"swagger":"1.2"}', "/swagger"),
        (HEAD + "[" * 100_000 + "]" * 100_000 + "}", "line 1, column 271"),
        (HEAD + '{"a":' * 100_000 + "1" + "}" * 100_001, "line 1, column 1067"),
        (HEAD + "[" * 10 * MEBIBYTE, "line 1, column 1"),
        (YAML + "[" * 100_000 + "]" * 100_000, "line 4, column 205"),
        (YAML + "\n" + "".join(" " * n + "a:\n" for n in range(1, 999)), "line 204, column 201"),
        ("- " * 100_000, "line 1, column 401"),
        (YAML + "\n0: &0 [1, 1, 1]\n" + LAUGHS, "line 10, column 16"),
        (YAML + "&a [*a]", "line 4, column 10"),
        (YAML + "!!python/object:os.system {}", "line 4, column 6"),
        (HEAD + "[" + "1," * 2_000_000 + "1]}", "line 1, column 1"),
        (HEAD + '"' + "x" * (32 * MEBIBYTE) + '"}', "line 1, column 1"),
    ],
    ids=lambda value: value if len(value) < 20 else f"{value[:9]}…{len(value)}",
)
async def test_h05_h11_a_document_that_cannot_be_read_is_refused_with_its_place(
    door: Door, names: Iterator[str], text: str, field: str
) -> None:
    name = next(names)
    told = await refusal(door.publish(name, text, NOWHERE))
    assert (told.said, told.fields) == (INVALID, [field])
    if len(text) < 32 * MEBIBYTE:
        assert "line" in told.bad.field_violations[0].description
    assert (await door.refused(f"{name}/x")).said[1] == "CONNECTOR_NOT_FOUND"


async def test_a_document_of_10_mib_is_read(door: Door, names: Iterator[str]) -> None:
    text = HEAD + '"' + "x" * 10 * MEBIBYTE + '"}'
    answer = await door.publish(next(names), text, NOWHERE)
    assert answer.versions[0].action_count == 0


async def test_thousands_of_errors_are_counted_within_the_sizes(
    door: Door, names: Iterator[str]
) -> None:
    wrong = {f"/{number}{'x' * 90}": {"get": {"responses": 7}} for number in range(5000)}
    made = ConnectorVersion(spec_text=json.dumps(document(wrong)))
    create = CreateVersion(version_id="v1", version=made, strict=True)
    request = ManageVersionsRequest(
        parent=f"connectors/{next(names)}", changes=[VersionChange(create=create)]
    )
    told = await refusal(door.gateway.ManageVersions(request))
    assert told.said == INVALID
    assert told.fields[0].startswith("/paths/~10xxx")
    assert told.bad.field_violations[-1].description.endswith(" more")
