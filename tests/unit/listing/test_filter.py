from dataclasses import dataclass, field

import pytest

from facade.errors.caller import InvalidRequest
from facade.listing.filter import Field, parse_filter


@dataclass
class Entry:
    id: str
    title: str = ""
    tags: tuple[str, ...] = ()
    safe: bool = False
    labels: dict[str, str] = field(default_factory=dict)


FIELDS: dict[str, Field[Entry]] = {
    "id": Field(str, lambda entry: entry.id),
    "title": Field(str, lambda entry: entry.title),
    "tags": Field(tuple, lambda entry: entry.tags),
    "safe": Field(bool, lambda entry: entry.safe),
    "labels": Field(dict, lambda entry: entry.labels),
}

ENTRIES = [
    Entry("addPet", "Add a new pet", ("pets",), labels={"team": "a", "x.y/z": "1"}),
    Entry("getPet", "Find a pet", ("pets", "read"), safe=True, labels={"team": "b"}),
    Entry("getUser", "Find a user", ("users", "read"), safe=True),
    Entry("AND", 'it "is" so', (), labels={"team": ""}),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "addPet getPet getUser AND"),
        ("   ", "addPet getPet getUser AND"),
        ("id = getPet", "getPet"),
        ("id=getPet", "getPet"),
        ("id != getPet", "addPet getUser AND"),
        ('id = "AND"', "AND"),
        ("id = get*", "getPet getUser"),
        ("id = *Pet", "addPet getPet"),
        ("id = *tPe*", "getPet"),
        ("id = *", "addPet getPet getUser AND"),
        ("id = g*t", ""),
        ("id = g.t*", ""),
        ("id != *Pet", "getUser AND"),
        ("id < b", "AND addPet"),
        ("id >= getPet", "getPet getUser"),
        ('id <= "AND"', "AND"),
        ("id > getPet", "getUser"),
        ("title:FIND", "getPet getUser"),
        ("title:*", "addPet getPet getUser AND"),
        (r'title = "it \"is\" so"', "AND"),
        ("title = 'Find a pet'", "getPet"),
        ("tags:pets", "addPet getPet"),
        ("tags:pet", ""),
        ("tags:*", "addPet getPet getUser"),
        ("-tags:*", "AND"),
        ("safe = true", "getPet getUser"),
        ("safe = false", "addPet AND"),
        ("safe != false", "getPet getUser"),
        ("safe:true", "getPet getUser"),
        ("labels:team", "addPet getPet AND"),
        ("labels.team = a", "addPet"),
        ("labels.team != a", "getPet AND"),
        ("labels.team:*", "addPet getPet"),
        ("labels.x.y/z = 1", "addPet"),
        ("labels:*", "addPet getPet AND"),
        ("find", "getPet getUser"),
        ("USERS", "getUser"),
        ('"new pet"', "addPet"),
        ("find read", "getPet getUser"),
        ("find -user", "getPet"),
        ("NOT find", "addPet AND"),
        ("NOT NOT find", "getPet getUser"),
        ("tags:pets AND safe = true", "getPet"),
        ("tags:pets safe=true", "getPet"),
        ("id=addPet OR id=getUser", "addPet getUser"),
        # OR binds closer than AND (AIP-160)
        ("safe=true AND id=getUser OR id=addPet", "getUser"),
        ("id=addPet OR id=getUser AND safe=true", "getUser"),
        ("id=addPet OR (id=getUser AND safe=true)", "addPet getUser"),
        ("NOT (tags:pets OR tags:users)", "AND"),
        ("(((id=getPet)))", "getPet"),
    ],
)
def test_a_filter_lets_through_what_it_says(text: str, found: str) -> None:
    matches = parse_filter(text, FIELDS)
    assert {each.id for each in ENTRIES if matches(each)} == set(found.split())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("color = red", "`color` at 1 is no field; there are id, labels, safe, tags, title"),
        ("id=a AND Id=b", "`Id` at 10 is no field"),
        ("id.x = a", "`id.x` at 1 is no field"),
        ("id =", "a value after `=` is expected at 5, where the end stands"),
        ("id = = a", "expected at 6, where = stands"),
        ("id AND", "expected at 7, where the end stands"),
        ("AND id", "expected at 1, where AND stands"),
        ("id OR OR x", "expected at 7, where OR stands"),
        ("(id = a", "`(` at 1 is not closed"),
        ("id = a)", "`)` at 7 closes nothing"),
        ("()", "expected at 2"),
        ("safe = yes", "`yes` at 8 is neither true nor false"),
        ("safe < true", "`<` at 6 asks of a yes or no, which takes = != :"),
        ("tags = pets", "`=` at 6 asks of a list, which takes :"),
        ("labels = x", "`=` at 8 asks of a map, which takes :"),
        ('id = "open', '`"` at 6 starts nothing'),
        ("id = a\n !", "`!` at 9 starts nothing"),
        ("NOT", "expected at 4, where the end stands"),
        ("x" * 2049, "longer than 2048 characters"),
        ("(" * 40 + "x" + ")" * 40, "nested deeper than 32 at"),
        ("NOT " * 40 + "x", "nested deeper than 32 at"),
        ("-" * 2000 + "x", "nested deeper than 32 at"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_position(text: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_filter(text, FIELDS)
    (violation,) = raised.value.details.violations
    assert violation.field == "filter"
    assert says in violation.description
