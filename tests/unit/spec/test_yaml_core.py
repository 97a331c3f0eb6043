"""YAML by the 1.2 core schema, through both readers."""

from itertools import pairwise
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.errors.caller import InvalidSpec
from facade.spec.limits import DEFAULT, Limits
from facade.spec.text.yaml_core import is_plain, read_events, read_yaml

SCALARS: list[tuple[str, Any]] = [
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("OFF", "OFF"),
    ("y", "y"),
    ("true", True),
    ("True", True),
    ("FALSE", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("1:20", "1:20"),
    ("18:00", "18:00"),
    ("2020-01-01", "2020-01-01"),
    ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    ("012", "012"),
    ("+0000", "+0000"),
    ("0o14", 12),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("12", 12),
    ("-0", 0),
    ("+7", 7),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1.", 1.0),
    ("1e3", 1000.0),
    ("1.2.3", "1.2.3"),
    ("0x", "0x"),
    ("9007199254740993", 9007199254740993),
    ("340282366920938463463374607431768211456", 2**128),
    ("-170141183460469231731687303715884105729", -(2**127) - 1),
    ("'12'", "12"),
    ('"true"', "true"),
    ("!!str 200", "200"),
    ("!!int '3'", 3),
    ("!!float 3", 3.0),
    ("!!null ''", None),
    ("=", "="),
    ("NaN", "NaN"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_h08_scalars_mean_what_yaml_1_2_says(text: str, value: Any) -> None:
    for read in (read_yaml, read_events):
        tree, problems = read(f"a: {text}\n", DEFAULT)
        assert tree == {"a": value}
        assert type(tree["a"]) is type(value)
        assert problems == ()


@pytest.mark.parametrize("key", ["200", "true", "no", "null", "~", "1.50", "0x1F", "012", "+7"])
def test_h08_keys_are_the_text_that_stands_there(key: str) -> None:
    for read in (read_yaml, read_events):
        assert read(f"{key}: a\nb: {{{key}: c}}\n", DEFAULT)[0] == {key: "a", "b": {key: "c"}}


def test_h07_a_merge_key_is_merged_and_reported() -> None:
    text = "base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\n"
    tree, (found,) = read_yaml(text, DEFAULT)
    assert tree["more"] == {"a": 1, "b": 3}
    assert (found.code, found.pointer, found.line) == ("merge-key", "/more/<<", 3)


def test_a_merge_key_of_several_sources_takes_the_first() -> None:
    tree, _ = read_yaml("x: {<<: [{a: 1}, {a: 2, b: 3}], '<<': 4}\n", DEFAULT)
    assert tree["x"] == {"<<": 4}
    assert read_yaml("x: {<<: [{a: 1}, {a: 2, b: 3}]}\n", DEFAULT)[0]["x"] == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("a: !!python/object:os.system x\n", "line 1, column 4"),
        ("a:\n  - !foo bar\n", "line 2, column 5"),
        ("a: !foo {b: 1}\n", "line 1, column 4"),
        ("a: ! b\n", "line 1, column 4"),
        ("a: !!binary aGk=\n", "line 1, column 4"),
        ("a: !!set {b, c}\n", "line 1, column 4"),
        ("!foo a: 1\n", "line 1, column 1"),
        ("a: &x !foo b\n", "line 1, column 4"),
        ('{"a":!foo b}\n', "line 1, column 6"),
        ("%TAG !e! tag:example.com,2000:\n---\na: !e!b c\n", "line 3, column 4"),
        ("a: !!int x\n", "line 1, column 4"),
    ],
)
def test_h07_tags_outside_the_core_schema_are_refused(text: str, field: str) -> None:
    assert refusal(text)[0] == field


@pytest.mark.parametrize(
    ("text", "pointer", "line", "kept"),
    [
        ("a: 1\na: 2\n", "/a", 2, {"a": 2}),
        ("a: {x: 1, x: 2}\n", "/a/x", 1, {"a": {"x": 2}}),
        ("a:\n- b: 1\n  b: 2\n", "/a/0/b", 3, {"a": [{"b": 2}]}),
        ("200: a\n'200': b\n", "/200", 2, {"200": "b"}),
    ],
)
def test_h09_a_duplicate_key_is_reported_and_the_last_counts(
    text: str, pointer: str, line: int, kept: Any
) -> None:
    tree, (found,) = read_yaml(text, DEFAULT)
    assert tree == kept
    assert (found.code, found.pointer, found.line) == ("duplicate-key", pointer, line)


def test_h05_an_alias_bomb_is_refused_before_it_grows() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefgh")
    )
    begin = process_time()
    assert "aliases add more than 100000 values" in refusal(text)[1]
    assert process_time() - begin < 1.0


def test_h05_aliases_are_counted() -> None:
    text = "a: &a x\nb: [" + "*a, " * 1001 + "]\n"
    assert "more than 1000 aliases" in refusal(text)[1]
    assert read_yaml(text, Limits(aliases=2000))[0]["b"] == ["x"] * 1001


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: {c: *a}}\n", "&a [*a]\n"])
def test_h06_an_alias_inside_what_it_names_is_refused(text: str) -> None:
    assert "inside what it names" in refusal(text)[1]


def test_an_alias_becomes_a_copy_of_its_own() -> None:
    tree, problems = read_yaml("a: &x {b: [1]}\nc: *x\n", DEFAULT)
    assert tree["c"] == tree["a"]
    assert tree["c"]["b"] is not tree["a"]["b"]
    assert problems == ()


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("a: *nope\n", "line 1, column 4", "no anchor"),
        ("? [a]\n: b\n", "line 1, column 3", "a key must be text"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1", "second document"),
        ("a: [1\n", "line 2, column 1", "closing bracket"),
        ("a: @x\n", "line 1, column 4", "quote it"),
        ("a:\n  b: 1\n c: 2\n", "line 3, column 2", "indentation"),
        ("a: b: c\n", "line 1, column 5", "second `: `"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(text: str, field: str, words: str) -> None:
    assert refusal(text)[0] == field
    assert words in refusal(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "a: Hello, world! It works!\nb: see ![image](x.png)\nc: R&D, 2 * 3, a << b\n",
        "a: |\n  * one\n  * two\n",
        "200: {}\n404: {}\n",
    ],
)
def test_ordinary_texts_go_the_fast_way(text: str) -> None:
    assert is_plain(text, DEFAULT)
    assert read_yaml(text, DEFAULT) == read_events(text, DEFAULT)


@given(st.text("ab01xobe+-._~:!&*<>{}[],'\"|#% \n\t", max_size=40).map(lambda text: f"k: {text}\n"))
def test_both_readers_agree_on_any_text(text: str) -> None:
    assert outcome(read_yaml, text) == outcome(read_events, text)


def outcome(read: Any, text: str) -> Any:
    try:
        tree, problems = read(text, DEFAULT)
    except InvalidSpec as fault:
        return fault.details.violations
    return repr(tree), problems


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(InvalidSpec) as caught:
        read_yaml(text, DEFAULT)
    (violation,) = caught.value.details.violations
    return violation.field, violation.description
