"""Alternatives, conditions and what only logic decides."""

from typing import Any

import pytest

from facade.model.difference import Verdict
from facade.spec.diff import proof
from facade.spec.diff.rules import TYPED
from tests.documents import Tree, answering, differ, rules, sending

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def pet(kind: str, **properties: Any) -> Tree:
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": kind}} | properties,
    }


def pets(choice: Any, way: Any = sending, **schemas: Any) -> Tree:
    return {**way(choice), "components": {"schemas": schemas}}


def told(*names: str, key: str = "kind") -> Tree:
    refs = {name: f"#/components/schemas/{name}" for name in names}
    listed = [{"$ref": each} for each in refs.values()]
    return {"oneOf": listed, "discriminator": {"propertyName": key, "mapping": refs}}


CAT, DOG = pet("Cat"), pet("Dog")


def test_an_alternative_is_known_by_what_its_discriminator_calls_it() -> None:
    old = pets(told("Cat", "Dog"), Cat=CAT, Dog=DOG)
    assert not differ(old, pets(told("Dog", "Cat"), Dog=DOG, Cat=CAT)).findings
    found = differ(old, pets(told("Cat"), Cat=CAT))
    assert rules(found) == {"request-choice-removed"}
    assert "`Dog`" in found.findings[0].message


def test_another_property_that_tells_alternatives_apart_breaks_calls() -> None:
    old = pets(told("Cat", "Dog"), Cat=CAT, Dog=DOG)
    new = pets(told("Cat", "Dog", key="sort"), Cat=CAT, Dog=DOG)
    assert "discriminator-changed" in rules(differ(old, new))


def test_what_changes_within_an_alternative_is_found_there() -> None:
    cat = pet("Cat", lives=STRING)
    old, new = (pets(told("Cat", "Dog"), Cat=each, Dog=DOG) for each in (CAT, cat))
    (finding,) = differ(old, new).findings
    assert finding.rule == "request-property-added"
    assert finding.new is not None
    assert finding.new.pointer == "/components/schemas/Cat/properties/lives"


@pytest.mark.parametrize("way", [sending, answering])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((STRING, INTEGER), (INTEGER, STRING)),
        ((STRING, {"type": ["integer", "null"]}), ({"type": ["integer", "null"]}, STRING)),
        (
            ({"title": "Cat", **CAT}, {"title": "Dog", **DOG}),
            ({"title": "Dog", **DOG}, {"title": "Cat", **CAT}),
        ),
    ],
)
def test_an_inline_alternative_is_known_by_its_title_or_its_type(
    way: Any, old: tuple[Tree, ...], new: tuple[Tree, ...]
) -> None:
    link = {"$ref": "#/components/schemas/Pet"}
    before, after = (pets(link, way, Pet={"oneOf": list(each)}) for each in (old, new))
    assert not differ(before, after).findings


def test_an_inline_alternative_more_is_no_change_of_the_others() -> None:
    link = {"$ref": "#/components/schemas/Pet"}
    old = pets(link, Pet={"oneOf": [STRING, INTEGER]})
    new = pets(link, Pet={"oneOf": [{"type": "boolean"}, STRING, INTEGER]})
    found = differ(old, new)
    assert found.verdict is Verdict.SAFE
    assert rules(found) == {"request-type-widened", "request-choice-added"}
    assert any("takes `boolean` now" in each.message for each in found.findings)


def test_heirs_are_alternatives_of_what_they_inherit_from() -> None:
    base = {"type": "object", "discriminator": {"propertyName": "kind"}, "required": ["kind"]}
    base["properties"] = {"kind": STRING}
    link = {"$ref": "#/components/schemas/Pet"}
    heir = {"allOf": [link, {"properties": {"lives": INTEGER}}]}
    old = pets(link, answering, Pet=base, Cat=heir)
    new = pets(link, answering, Pet=base, Cat=heir, Dog={"allOf": [link]})
    assert not differ(old, old).findings
    assert "response-choice-added" in rules(differ(old, new))


def test_one_schema_may_become_one_of_several() -> None:
    link = {"$ref": "#/components/schemas/Cat"}
    both = {"oneOf": [link, {"$ref": "#/components/schemas/Dog"}]}
    single, several = pets(link, Cat=CAT, Dog=DOG), pets(both, Cat=CAT, Dog=DOG)
    assert rules(differ(single, several)) == {"request-choice-added", "field-type-changed"}
    assert rules(differ(several, single)) == {"request-choice-removed"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": ["string", "integer"]}, {"anyOf": [STRING, INTEGER]}),
        ({"type": "string", "nullable": True}, {"anyOf": [STRING, {"type": "null"}]}),
        ({"allOf": [{"minLength": 1}, {"type": "string"}]}, {"type": "string", "minLength": 1}),
        ({"type": "integer", "minimum": 2}, {"allOf": [{"minimum": 2}, {"type": "integer"}]}),
        ({"enum": ["a"]}, {"const": "a"}),
    ],
)
@pytest.mark.parametrize("way", [sending, answering])
def test_the_same_in_other_words_is_no_difference(way: Any, old: Any, new: Any) -> None:
    assert not rules(differ(way(old), way(new))) - TYPED.keys()
    assert not rules(differ(way(new), way(old))) - TYPED.keys()


UNDECIDABLE = [
    ({"not": {"pattern": "^a"}}, {"not": {"pattern": "^b"}}),
    ({"type": "string", "pattern": "^(a|b)+$"}, {"type": "string", "pattern": "^(b|a)+$"}),
    ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"not": {"required": ["a", "c"]}}),
]


@pytest.mark.parametrize(("old", "new"), UNDECIDABLE)
def test_what_cannot_be_decided_says_so_and_counts_as_breaking_code(old: Any, new: Any) -> None:
    found = differ(sending(old), sending(new))
    assert rules(found) == {"undecided"}
    assert found.verdict is Verdict.SOURCE_BREAKING
    assert "could not be decided" in found.findings[0].message


def test_logic_decides_where_it_can() -> None:
    old = {"type": "string", "not": {"enum": ["a", "b"]}}
    new = {"type": "string", "not": {"enum": ["a"]}}
    assert differ(sending(old), sending(new)).verdict is Verdict.SAFE
    assert differ(sending(new), sending(old)).verdict is not Verdict.SAFE


def test_what_is_too_large_to_prove_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "MAX_SIZE", 10)
    old = {"type": "string", "not": {"enum": ["a", "b"]}}
    new = {"type": "string", "not": {"enum": ["a"]}}
    assert rules(differ(sending(old), sending(new))) == {"undecided"}


def test_what_can_be_combined_in_too_many_ways_is_not_begun() -> None:
    def ways(letter: str) -> Tree:
        pairs = [
            [{"required": [f"a{each}"]}, {"required": [f"{letter}{each}"]}] for each in range(30)
        ]
        return {"not": {"allOf": [{"anyOf": each} for each in pairs]}}

    assert rules(differ(sending(ways("b")), sending(ways("c")))) == {"undecided"}


def test_a_long_chain_of_references_is_walked_to_its_end() -> None:
    def chain(end: Any) -> Tree:
        links = {
            f"S{each}": {"anyOf": [{"$ref": f"#/components/schemas/S{each + 1}"}, {"type": "null"}]}
            for each in range(3000)
        }
        return pets({"$ref": "#/components/schemas/S0"}, **links, S3000=end)

    assert rules(differ(chain(STRING), chain(INTEGER))) >= {"request-type-narrowed"}
