"""Finding a pointer's line and column in the text."""

from time import process_time

import pytest

from facade.spec.text.position import Lines, locate

JSON = """{
  "openapi": "3.0.0",
  "paths": {
    "/a/{b}": {"get": {"tags": ["x", "y"]}},
    "~": [1, {"z": 2}]
  }
}
"""
YAML = """# a note
openapi: 3.0.0
paths:
  /a/{b}:
    get: {tags: [x, y]}
  "~":
    - 1
    - z: 2
  200: ok
"""


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", (1, 1)),
        ("/openapi", (2, 3)),
        ("/paths/~1a~1{b}", (4, 5)),
        ("/paths/~1a~1{b}/get/tags/1", (4, 38)),
        ("/paths/~0/1/z", (5, 15)),
        ("/paths/~0/7/z", (5, 5)),
        ("/paths/none/at/all", (3, 3)),
        ("/openapi/x", (2, 3)),
        ("/paths/~0/x", (5, 5)),
    ],
)
def test_a_pointer_is_found_in_json(pointer: str, place: tuple[int, int]) -> None:
    found = locate(JSON, [pointer])[pointer]
    assert found[:2] == place
    assert found.source == JSON.splitlines()[place[0] - 1]


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", (1, 1)),
        ("/openapi", (2, 1)),
        ("/paths/~1a~1{b}", (4, 3)),
        ("/paths/~1a~1{b}/get/tags/1", (5, 21)),
        ("/paths/~0/1/z", (8, 7)),
        ("/paths/~0/7/z", (6, 3)),
        ("/paths/none/at/all", (3, 1)),
        ("/paths/200", (9, 3)),
    ],
)
def test_a_pointer_is_found_in_yaml(pointer: str, place: tuple[int, int]) -> None:
    found = locate(YAML, [pointer])[pointer]
    assert found[:2] == place
    assert found.source == YAML.splitlines()[place[0] - 1]


def test_many_pointers_are_found_in_one_pass() -> None:
    pointers = ["/paths", "/paths/~0/0", "/openapi", "/paths/~1a~1{b}/get"]
    for text in (JSON, YAML):
        assert locate(text, pointers) == {each: locate(text, [each])[each] for each in pointers}


@pytest.mark.parametrize("text", ['{"a": {"b": 1},\n "a": {"c": 2}}', "a: {b: 1}\na: {c: 2}\n"])
def test_of_a_key_that_stands_twice_the_last_is_found(text: str) -> None:
    assert locate(text, ["/a", "/a/b", "/a/c"])["/a"].line == 2
    assert locate(text, ["/a", "/a/b", "/a/c"])["/a/b"].line == 2


def test_a_pointer_is_found_in_json_that_was_mended() -> None:
    text = '{"a": 1, // note\n "b": [2,],\n "c": "x\ty"\n "d": 4}'
    assert sorted(each[:2] for each in locate(text, ["/b/0", "/c", "/d"]).values()) == [
        (2, 8),
        (3, 2),
        (4, 2),
    ]


def test_a_pointer_is_found_in_json_that_is_read_as_yaml() -> None:
    assert locate("{a: 1,\n b: {c: 2}}", ["/b/c"])["/b/c"][:2] == (2, 6)


def test_a_pointer_through_an_alias_ends_at_the_alias() -> None:
    assert locate("a: &x {b: 1}\nc: *x\n", ["/c/b"])["/c/b"][:2] == (2, 1)


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_a_source_line_ends_before_its_line_end(line_end: str) -> None:
    text = '{"a": 1,' + line_end + ' "b": 2}'
    assert locate(text, ["/b"])["/b"] == (2, 2, ' "b": 2}')
    assert Lines(text).place(0).source == '{"a": 1,'


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    text = '{"a": "' + "x" * 500 + '", "b": "' + "y" * 500 + '"}'
    assert len(locate(text, ["/a"])["/a"].source) == 200
    found = locate(text, ["/b"])["/b"]
    assert found.column == 511
    assert '"b": "yyy' in found.source
    assert len(found.source) == 200


def test_a_large_document_takes_one_quick_pass() -> None:
    items = ",\n".join(f'"k{i}": {{"a": [1, 2, {{"b": "c"}}]}}' for i in range(100_000))
    text = f'{{"x": {{{items}}}, "y": 1}}'
    begin = process_time()
    found = locate(text, ["/y", "/x/k99999/a/2/b"])
    assert found["/x/k99999/a/2/b"].line == 100_000
    assert process_time() - begin < 2.0
