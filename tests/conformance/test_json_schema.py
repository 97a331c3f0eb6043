"""JSON-Schema-Test-Suite through what compiles a document and validates a call's arguments.

A schema of the suite is a component of an OpenAPI document, the body of an operation refers
to it, and a value is valid where the call's validator finds nothing. Draft 2020-12 stands in
OpenAPI 3.1, whose dialect it is; draft 4 in OpenAPI 3.0, which stems from it, and a second
time in 3.1 under its own `$schema`. A schema without identifier gets one, as `#` would mean
the document. The suite's remote schemas are components whose identifier is their address:
that is how a document brings along what nobody fetches.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from facade.errors.caller import InvalidParameters
from facade.model.action import Action
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.transcode.arguments import parse
from facade.transcode.validation.validate import compile_validator
from tests.conformance.scoreboard import Scoreboard

SUITE = (Path(__file__).resolve().parents[2] / "../shared/suites/json-schema").resolve()
HOST = "http://localhost:1234/"
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
NESTS = ("", "baseUriChange", "baseUriChangeFolder", "baseUriChangeFolderInSubschema", "nested")
"""The remote schemas of draft 4 that stand beside its own folder."""

ASSERTED = "OpenAPI's formats are asserted here: the backend would refuse the value"
EMPTY = "published documents (Discord's) write `enum: []` where they have nothing to say"
METASCHEMA = "the schema of draft 4's schemas stands at an address, and nothing is fetched"
FETCHED = "the vocabularies of a dialect stand in its schema, and that is never fetched"
POSITION = "names are looked for in the whole document, whose extensions may hold schemas"
FLOAT = "1.0 is an integer in every later draft, and to most backends"
UNDERSCORE = "names of hosts with underscores are in use, and the DNS takes them"
LOCAL = "opening hours and the like are published as `time` without an offset"

FORMATS = (
    *("date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4"),
    *("ipv6", "iri", "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time"),
    *("uri", "uri-reference", "uri-template", "uuid"),
)
TODAY: Mapping[str, tuple[int, str]] = {
    **{f"format: {name} format": (1, ASSERTED) for name in FORMATS},
    "enum: empty enum": (6, EMPTY),
    "vocabulary: schema that uses custom metaschema with with no validation vocabulary": (
        1,
        FETCHED,
    ),
}
OLD: Mapping[str, tuple[int, str]] = {
    "definitions: validate definition against metaschema": (1, METASCHEMA),
    "ref: remote ref, containing refs itself": (1, METASCHEMA),
}
OPTIONAL: Mapping[str, tuple[int, str]] = {
    "unknownKeyword: $id inside an unknown keyword is not a real identifier": (2, POSITION),
}
OLD_OPTIONAL: Mapping[str, tuple[int, str]] = {
    "zeroTerminatedFloats: some languages do not distinguish between"
    " different types of numeric value": (1, FLOAT),
}
TEXTS: Mapping[str, tuple[int, str]] = {
    "hostname: validation of host names": (1, UNDERSCORE),
    "time: validation of time strings": (2, LOCAL),
}
OLD_TEXTS: Mapping[str, tuple[int, str]] = {
    "hostname: validation of host names": (5, UNDERSCORE),
}

pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="JSON-Schema-Test-Suite is absent")


def remotes(draft: str, identifier: str, dialect: str) -> dict[str, Any]:
    """The suite's remote schemas as components."""
    found: dict[str, Any] = {}
    files = [*(SUITE / "remotes" / draft).rglob("*.json")]
    if draft == "draft4":
        files += [each for nest in NESTS for each in (SUITE / "remotes" / nest).glob("*.json")]
    for file in sorted(files):
        schema = json.loads(file.read_text())
        if isinstance(schema, dict):
            address = HOST + file.relative_to(SUITE / "remotes").as_posix()
            found[f"remote{len(found)}"] = identified(schema, identifier, address, dialect)
            if schema.get(identifier, address) != address:
                alias = {"allOf": [{"$ref": schema[identifier]}]}
                found[f"remote{len(found)}"] = identified(alias, identifier, address, dialect)
    return found


def identified(schema: Any, identifier: str, address: str, dialect: str) -> Any:
    """A schema with an identifier and, where one is to be stated, a dialect."""
    if not isinstance(schema, dict):
        return schema
    stated = {"$schema": dialect} if dialect else {}
    named = {} if "$ref" in schema and identifier == "id" else {identifier: address}
    return {**stated, **named, **schema}


def action_of(schema: Any, draft: str, dialect: str) -> Action:
    """The action whose body is of the schema."""
    identifier = "id" if draft == "draft4" else "$id"
    case = identified(schema, identifier, "http://suite.example/root.json", dialect)
    needs = HOST in json.dumps(schema)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Case"}}}
    operation = {
        "operationId": "call",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "OK"}},
    }
    document = {
        "openapi": "3.0.4" if identifier == "id" and not dialect else "3.1.1",
        "info": {"title": "Suite", "version": "1"},
        "paths": {"/": {"post": operation}},
        "components": {
            "schemas": {"Case": case, **(remotes(draft, identifier, dialect) if needs else {})}
        },
    }
    loaded, _ = load(json.dumps(document))
    return Spec(loaded).action("call")


def accepts(action: Action, value: Any) -> bool:
    try:
        return not compile_validator(action).find(parse(json.dumps({"body": value})), None)
    except InvalidParameters:
        return False


def run(folder: str, dialect: str) -> tuple[int, Counter[str]]:
    """How many tests there are, and by file and group how many of them fail."""
    count, failed = 0, Counter[str]()
    for file in sorted((SUITE / "tests" / folder).glob("*.json")):
        for group in json.loads(file.read_text()):
            action = action_of(group["schema"], folder.partition("/")[0], dialect)
            for test in group["tests"]:
                count += 1
                if accepts(action, test["data"]) is not test["valid"]:
                    failed[f"{file.stem}: {group['description']}"] += 1
    return count, failed


@pytest.mark.parametrize(
    ("folder", "dialect", "expected"),
    [
        ("draft2020-12", "", TODAY),
        ("draft2020-12/optional", "", OPTIONAL),
        ("draft2020-12/optional/format", "", TEXTS),
        ("draft4", "", OLD),
        ("draft4", DRAFT_4, OLD),
        ("draft4/optional", "", OLD_OPTIONAL),
        ("draft4/optional/format", "", OLD_TEXTS),
    ],
)
def test_the_suite_passes_but_for_what_is_listed_with_its_reason(
    folder: str, dialect: str, expected: Mapping[str, tuple[int, str]], board: Scoreboard
) -> None:
    count, failed = run(folder, dialect)
    board.count(folder, times=count - failed.total())
    for group, number in failed.items():
        board.count(folder, expected.get(group, (0, "unexplained"))[1], number)
    assert failed == {group: number for group, (number, _) in expected.items()}
    assert count > 90
