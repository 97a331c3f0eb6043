"""The comparison as a whole: what is told of each action, in which order, within which bounds."""

import json
from typing import Any

import msgspec
import pytest

from facade.model.difference import Difference, Verdict
from facade.spec.diff import compare as comparing
from facade.spec.diff import walk
from facade.spec.diff.placing import placed
from facade.spec.examination import Examination, examine
from facade.spec.limits import DEFAULT
from tests.documents import Tree, answering, differ, document, rules, sending

LINK = {"$ref": "#/components/schemas/Node"}


def tree_of(**properties: Any) -> Tree:
    """A document that sends and answers with a value that holds itself."""
    own_parts = {"next": LINK, "all": {"type": "array", "items": LINK}}
    node = {"type": "object", "properties": {**own_parts, **properties}}
    own = sending(LINK)
    own["paths"]["/things"]["post"]["responses"] = answering(LINK)["paths"]["/things"]["post"][
        "responses"
    ]
    return {**own, "components": {"schemas": {"Node": node}}}


def test_recursion_ends_and_a_change_is_told_once_in_each_direction() -> None:
    found = differ(tree_of(), tree_of(name={"type": "string"}))
    assert [each.rule for each in found.findings] == [
        "request-property-added",
        "response-property-added",
    ]


def test_a_change_of_what_many_share_is_told_of_each() -> None:
    def shared(kind: str) -> Tree:
        own = sending({"$ref": "#/components/schemas/Thing"})
        post = own["paths"]["/things"]["post"]
        paths = {f"/{name}": {"post": {**post, "operationId": name}} for name in "abc"}
        return {**own, "paths": paths, "components": {"schemas": {"Thing": {"type": kind}}}}

    found = differ(shared("string"), shared("integer"))
    assert [each.action for each in found.findings] == ["a", "b", "c"]
    assert found.actions == dict.fromkeys("abc", Verdict.WIRE_BREAKING)


def test_the_worst_of_an_action_comes_first() -> None:
    old = document({"requestBody": {"content": {"application/json": {}}}})
    new = document({"deprecated": True})
    assert [each.verdict for each in differ(old, new).findings] == [
        Verdict.WIRE_BREAKING,
        Verdict.SAFE,
    ]


def test_an_id_that_goes_to_another_operation_is_told_of_both() -> None:
    old = {**document(), "paths": {"/a": {"get": {"operationId": "list"}}}}
    paths = {"/a": {"get": {"operationId": "listA"}}, "/b": {"get": {"operationId": "list"}}}
    found = differ(old, {**document(), "paths": paths})
    assert rules(found) >= {"operation-renamed", "operation-added"}


@pytest.mark.parametrize(
    ("new", "step", "suggested"),
    [
        (document(), "", ""),
        (document({"description": "words"}), "patch", "1.2.4"),
        (document({"deprecated": True}), "minor", "1.3.0"),
        (document({"operationId": "create"}), "major", "2.0.0"),
    ],
)
def test_the_next_version_says_how_far_callers_are_touched(
    new: Tree, step: str, suggested: str
) -> None:
    found = differ(document(), new)
    assert (found.step, found.suggested) == (step, suggested)


def test_findings_beyond_the_limit_are_counted_and_verdicts_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparing, "MAX_FINDINGS", 1)
    found = differ(tree_of(), tree_of(name={"type": "string"}))
    assert (len(found.findings), found.omitted, found.verdict) == (1, 1, Verdict.SAFE)


def test_pairs_beyond_the_limit_are_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_PAIRS", 0)
    assert rules(differ(tree_of(), tree_of())) == {"undecided"}


def test_the_result_can_be_kept_as_json_and_read_back() -> None:
    found = differ(tree_of(), tree_of(name={"type": "string"}))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Difference) == found


def examined(tree: Tree, **fields: Any) -> Examination:
    return examine(json.dumps({"openapi": "3.1.0", **tree, **fields}, indent=1), DEFAULT)


def test_findings_have_the_lines_of_both_texts() -> None:
    old, new = examined(tree_of()), examined(tree_of(name={"type": "integer"}))
    finding = placed(comparing.compare(old.spec, new.spec), old, new).findings[0]
    assert finding.old is not None
    assert finding.new is not None
    lines = [str(each.text).splitlines() for each in (old, new)]
    assert '"Node"' in lines[0][finding.old.line - 1]
    assert '"name"' in lines[1][finding.new.line - 1]


def test_findings_in_swagger_have_the_pointers_that_it_was_written_by() -> None:
    def swagger(kind: str) -> Examination:
        schema = {"$ref": "#/definitions/Thing"}
        listed = [{"name": "b", "in": "body", "schema": schema}]
        paths = {"/things": {"post": {"operationId": "make", "parameters": listed}}}
        tree = {"swagger": "2.0", "paths": paths, "definitions": {"Thing": {"type": kind}}}
        return examine(json.dumps(tree, indent=1), DEFAULT)

    old, new = swagger("string"), swagger("integer")
    (finding,) = placed(comparing.compare(old.spec, new.spec), old, new).findings
    assert finding.new
    assert (finding.rule, finding.new.pointer) == ("request-type-narrowed", "/definitions/Thing")
    assert finding.new.line > 1
