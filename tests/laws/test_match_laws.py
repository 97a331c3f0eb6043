"""The law that ties the two faces: match(encode(x)) is x, for whatever x can be said."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from facade.errors.caller import InvalidSpec
from facade.model.action import Action
from facade.model.version import DeepObjectArrays, LabelDelimiter, Serialization
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.transcode.match import Router
from tests.conformance.arguments import arguments_for
from tests.conformance.keywords import Impossible
from tests.round_trips import Trip, arguments_of, travel, version_of

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
SAMPLE = 40
"""Operations of each real document that a run takes, spread over it."""

SERIALIZATIONS = [
    Serialization(deep_object_arrays=arrays, label_delimiter=label)
    for arrays in DeepObjectArrays
    for label in LabelDelimiter
]
TYPES: dict[str, Any] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "record": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "additionalProperties": False,
    },
    "map": {"type": "object", "additionalProperties": {"type": "boolean"}},
    "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
}
NESTED = {
    "type": "object",
    "properties": {
        "list": {"type": "array", "items": {"type": "string"}},
        "inner": {"type": "object", "properties": {"x": {"type": "number"}}},
        "several": {
            "type": "array",
            "items": {"type": "object", "properties": {"y": {"type": "string"}}},
        },
    },
    "additionalProperties": False,
}
STYLES = {
    "path": ["simple", "label", "matrix"],
    "query": ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
    "header": ["simple"],
    "cookie": ["form", "cookie"],
}
CONTENT = {
    "application/json": NESTED,
    "application/merge-patch+json": NESTED,
    "application/x-www-form-urlencoded": NESTED,
    "multipart/form-data": NESTED,
    "multipart/mixed": {"type": "array", "items": NESTED},
    "text/plain": {"type": "string"},
    "application/x-ndjson": {"type": "array", "items": NESTED},
    "application/json-seq": {"type": "array", "items": NESTED},
    "text/event-stream": {
        "type": "array",
        "items": {"type": "object", "properties": {"data": {"type": "string"}}},
    },
}
ENCODINGS: list[dict[str, Any]] = [
    {},
    {"list": {"style": "form", "explode": False}, "inner": {"style": "deepObject"}},
    {"list": {"style": "pipeDelimited", "explode": False}, "several": {"style": "deepObject"}},
    {"list": {"style": "form"}, "inner": {"contentType": "application/json"}},
]
WITH_ENCODINGS = ("application/x-www-form-urlencoded", "multipart/form-data")

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ["", "a,b", "a|b", "a b", "5", "true", "null", "%41", "+", "a=b&c", "[]", '{"a":1}', "..", "é"]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": text,
    "integer": st.integers(-(10**30), 10**30),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    "boolean": st.booleans(),
    "texts": st.lists(text, max_size=3),
    "numbers": st.lists(st.integers(-(10**20), 10**20), max_size=3),
    "record": st.fixed_dictionaries({}, optional={"a": text, "b": st.integers()}),
    "map": st.dictionaries(text, st.booleans(), max_size=3),
    "either": st.integers(-9, 9) | text,
}
nested = st.fixed_dictionaries(
    {},
    optional={
        "list": st.lists(text, max_size=3),
        "inner": st.fixed_dictionaries({}, optional={"x": VALUES["number"]}),
        "several": st.lists(st.fixed_dictionaries({}, optional={"y": text}), max_size=3),
    },
)


def operations_of_parameters() -> Iterator[tuple[str, dict[str, Any]]]:
    """One for each location, style, explode, type and whether reserved characters stand."""
    for location, styles in STYLES.items():
        for style in styles:
            for explode in (False, True):
                for number, (name, schema) in enumerate((TYPES | {"nested": NESTED}).items()):
                    if name == "nested" and style != "deepObject":
                        continue
                    yield (
                        f"/{location}/{style}/{explode}/{name}".lower(),
                        {
                            "name": "P",
                            "in": location,
                            "required": location == "path",
                            "style": style,
                            "explode": explode,
                            "allowReserved": number % 3 == 0,
                            "allowEmptyValue": location == "query" and number % 2 == 0,
                            "schema": schema,
                        },
                    )


@cache
def parameters() -> dict[str, tuple[Spec, list[tuple[Action, str]]]]:
    """The actions with their types, by edition: their labels differ."""
    paths = {
        f"{path}{'/{P}' if parameter['in'] == 'path' else ''}": {
            "get": {"parameters": [parameter], "responses": {}}
        }
        for path, parameter in operations_of_parameters()
    }
    return {edition: compiled(edition, paths) for edition in ("3.0.3", "3.2.0")}


def compiled(edition: str, paths: dict[str, Any]) -> tuple[Spec, list[tuple[Action, str]]]:
    document = {"openapi": edition, "info": {"title": "t", "version": "1"}, "paths": paths}
    spec = Spec(load(json.dumps(document))[0])
    actions = [spec.action(each) for each in spec.ids]
    return spec, [(each, each.path.split("/")[4]) for each in actions if not each.problems]


@cache
def bodies() -> list[Action]:
    """Actions with a body of each media type, with and without encodings."""
    paths = {
        f"/{number}/{media_type}": {
            "post": {
                "requestBody": {"content": {media_type: {"schema": schema, "encoding": encoding}}},
                "responses": {},
            }
        }
        for media_type, schema in CONTENT.items()
        for number, encoding in enumerate(ENCODINGS if media_type in WITH_ENCODINGS else [{}])
    }
    document = {"openapi": "3.1.1", "info": {"title": "t", "version": "1"}, "paths": paths}
    spec = Spec(load(json.dumps(document))[0])
    return [spec.action(each) for each in spec.ids]


@cache
def router(edition: str, serialization: Serialization) -> Router:
    spec, _ = parameters()[edition]
    return Router([spec.action(each) for each in spec.ids], serialization)


@cache
def router_of_bodies(serialization: Serialization) -> Router:
    return Router(bodies(), serialization)


def judge(trip: Trip) -> None:
    event(trip.outcome)
    assert trip.outcome != "different", f"{trip.detail}\n{trip.request}"


@settings(max_examples=1_500)
@given(st.data(), st.sampled_from(["3.0.3", "3.2.0"]), st.sampled_from(SERIALIZATIONS))
def test_a_parameter_is_read_as_it_was_written(
    data: st.DataObject, edition: str, serialization: Serialization
) -> None:
    _, actions = parameters()[edition]
    action, kind = data.draw(st.sampled_from(actions))
    value = data.draw(nested if kind == "nested" else VALUES[kind])
    arguments = arguments_of({"P": value})
    judge(travel(router(edition, serialization), version_of(serialization), action, arguments))


@settings(max_examples=600)
@given(st.data(), st.sampled_from(SERIALIZATIONS))
def test_a_body_is_read_as_it_was_written(
    data: st.DataObject, serialization: Serialization
) -> None:
    action = data.draw(st.sampled_from(bodies()))
    schema = CONTENT[action.path.split("/", 2)[2]]
    value = data.draw(body_of(schema))
    routes = router_of_bodies(serialization)
    judge(travel(routes, version_of(serialization), action, arguments_of({"body": value})))


def body_of(schema: Any) -> st.SearchStrategy[Any]:
    if schema is NESTED:
        return nested
    if schema["type"] == "string":
        return text
    if schema["items"] is NESTED:
        return st.lists(nested, max_size=3)
    return st.lists(st.fixed_dictionaries({"data": text}), max_size=3)


def documents(*, everything: bool) -> list[Path]:
    """Real ones: those for a quick look, or all."""
    manifest = CORPUS / "MANIFEST.tsv"
    if not manifest.exists():
        return []
    head, *rows = (line.split("\t") for line in manifest.read_text().splitlines())
    smoke = head.index("smoke")
    names = [row[0] for row in rows if everything or (len(row) > smoke and row[smoke])]
    return [CORPUS / name for name in names if (CORPUS / name).is_file()]


def trips(path: Path, sample: int | None) -> Iterator[tuple[str, Trip]]:
    """What comes of calls of a document's operations with generated arguments."""
    try:
        spec = Spec(load(path.read_bytes())[0])
    except InvalidSpec:
        return
    serialization = Serialization()
    version = version_of(serialization)
    actions = [spec.action(each) for each in spec.ids]
    routes = Router(actions, serialization)
    step = max(1, len(actions) // sample) if sample else 1
    for action in actions[::step]:
        if action.problems:
            continue
        try:
            values = arguments_for(action).arguments
        except Impossible:
            yield f"{path.name} {action.id}", Trip(outcome="no arguments found")
        else:
            trip = travel(routes, version, action, arguments_of(values))
            yield f"{path.name} {action.id}", trip


@pytest.mark.timeout(120)
def test_calls_of_real_documents_are_read_as_they_were_written(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = pytestconfig.getoption("--corpus") == "all"
    paths = documents(everything=everything)
    if not paths:
        pytest.skip("the corpus of real documents is absent")
    outcomes: Counter[str] = Counter()
    different = []
    for path in paths:
        for name, trip in trips(path, None if everything else SAMPLE):
            outcomes[trip.outcome] += 1
            if trip.outcome == "different":
                different.append(f"{name}: {trip.detail} ({trip.request})")
    said = "".join(f"\n  {count:6} {name}" for name, count in outcomes.most_common())
    with capsys.disabled():
        sys.stdout.write(f"\n{outcomes.total()} calls of {len(paths)} real documents:{said}\n")
    assert not different, "\n".join(different[:10])
    assert outcomes["equal"] > 0.9 * outcomes.total()
