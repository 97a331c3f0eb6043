"""Reading the text of a document: what is taken, what is doubted, what is refused."""

import json
from time import process_time

import pytest

from facade.errors.caller import InvalidSpec
from facade.spec.limits import Limits
from facade.spec.load import load

MINIMAL = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}
YAML = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n"


def refused(text: str | bytes, *, limits: Limits | None = None) -> tuple[str, str]:
    with pytest.raises(InvalidSpec) as caught:
        load(text, limits=limits or Limits())
    (violation,) = caught.value.details.violations
    return violation.field, violation.description


def test_json_is_read_as_it_is() -> None:
    document, problems = load(json.dumps(MINIMAL))
    assert document.tree == MINIMAL
    assert document.version == "3.0.3"
    assert problems == ()


def test_yaml_is_read_as_json_would_be() -> None:
    document, problems = load(YAML)
    assert document.tree == {**MINIMAL, "openapi": "3.1.0"}
    assert problems == ()


@pytest.mark.parametrize(
    ("version", "modern"),
    [
        ("3.0.0", False),
        ("3.0.1", False),
        ("3.0.2", False),
        ("3.0.3", False),
        ("3.0.4", False),
        ("3.1.0", True),
        ("3.1.1", True),
        ("3.2.0", True),
    ],
)
def test_h21_every_version_of_openapi_3_is_read(version: str, modern: bool) -> None:  # noqa: FBT001 - a column of the table
    document, _ = load(json.dumps({**MINIMAL, "openapi": version}))
    assert (document.version, document.modern) == (version, modern)


def test_h21_swagger_2_is_read_in_the_shape_of_3() -> None:
    document, problems = load('{"swagger": "2.0", "info": {}, "paths": {}, "host": "a.example"}')
    assert document.version == "2.0"
    assert document.tree["servers"] == [{"url": "https://a.example"}]
    assert problems == ()


def test_a_version_that_is_written_as_a_number_is_read() -> None:
    assert load(YAML.replace("3.1.0", "3.1"))[0].version == "3.1"
    assert load("swagger: 2.0\npaths: {}\n")[0].version == "2.0"


@pytest.mark.parametrize("encoded", [json.dumps(MINIMAL).encode(), YAML.encode()])
def test_h21_a_byte_order_mark_is_no_part_of_the_text(encoded: bytes) -> None:
    assert load(b"\xef\xbb\xbf" + encoded)[0].tree["paths"] == {}
    assert load("\ufeff" + encoded.decode())[0].tree["paths"] == {}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_h21_utf_16_is_refused_by_its_name(encoding: str) -> None:
    field, description = refused(json.dumps(MINIMAL).encode(encoding))
    assert field == "line 1, column 1"
    assert "UTF-16" in description


def test_stray_bytes_are_read_as_windows_1252_and_reported() -> None:
    text = YAML.encode().replace(b"title: t", b"title: \xc3\xa9 soft\xad")
    document, (found,) = load(text)
    assert document.tree["info"]["title"] == "é soft\xad"
    assert (found.code, found.line, found.column) == ("invalid-encoding", 2, 21)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "line 1, column 1"),
        ("[]", "line 1, column 1"),
        ("just words", "line 1, column 1"),
        ('{"info": {}}', "openapi"),
        ("info: {}\n", "openapi"),
        ('{"openapi": "4.0.0"}', "/openapi"),
        ('{"openapi": null}', "/openapi"),
        ('{"swagger": "1.2"}', "/swagger"),
        ('{"openapi": "3.0.0",\n "info": {"title" "t"}}', "line 2, column 19"),
        ('{"openapi": "3.0.0", "paths": {', "line 1, column 32"),
        ("openapi: 3.0.0\ninfo: a: b\n", "line 2, column 8"),
        ("openapi: 3.0.0\ninfo:\n\ttitle: x\n", "line 3, column 1"),
        ("openapi: '3.0.0\n", "line 1, column 10"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, field: str) -> None:
    assert refused(text)[0] == field


def test_a_refusal_shows_the_line_and_no_words_of_a_library() -> None:
    field, description = refused('{"openapi": "3.0.0",\n "info": {"title" "x"}}')
    assert field == "line 2, column 19"
    assert '"info": {"title" "x"}}' in description
    assert "delimiter" not in description


@pytest.mark.parametrize(
    ("broken", "code", "place"),
    [
        ('{"openapi": "3.0.0",\n "paths": {},}', "json-syntax", (2, 13)),
        ('{"openapi": "3.0.0", // a note\n "paths": {}}', "json-syntax", (1, 22)),
        ('{"openapi": "3.0.0" /* a note */,\n "paths": {}}', "json-syntax", (1, 21)),
        ('{"openapi": "3.0.0"\n "paths": {}}', "json-syntax", (2, 2)),
        ('{"openapi": "3.0.0",\n\u2003"paths": {}}', "json-syntax", (2, 1)),
        ('{"openapi": "3.0.0", "x-a": "b\tc",\n "paths": {}}', "control-character", (1, 31)),
        ("{openapi: '3.0.0', paths: {}}", "json-as-yaml", (1, 2)),
        ('{"openapi": \'3.0.0\', "paths": {}}', "json-as-yaml", (1, 13)),
    ],
)
def test_broken_json_without_doubt_is_read_and_reported(
    broken: str, code: str, place: tuple[int, int]
) -> None:
    document, (found,) = load(broken)
    assert document.tree["paths"] == {}
    assert (found.code, (found.line, found.column)) == (code, place)


def test_a_control_character_in_a_string_is_kept() -> None:
    assert load('{"openapi": "3.0.0", "x-a": "b\nc"}')[0].tree["x-a"] == "b\nc"


def test_a_missing_comma_within_a_line_is_doubtful_and_refused() -> None:
    assert refused('{"openapi": "3.0.0" "paths": {}}')[0] == "line 1, column 21"


def test_h09_duplicate_keys_in_json_are_reported_and_the_last_counts() -> None:
    text = '{"openapi": "3.0.0", "paths": {"/a": {"x": 1}, "/a": {"y": 2}}, "paths2": 1}'
    document, (found,) = load(text)
    assert document.tree["paths"] == {"/a": {"y": 2}}
    assert (found.code, found.pointer) == ("duplicate-key", "/paths/~1a")


def test_many_duplicate_keys_are_found_in_linear_time() -> None:
    members = ", ".join(f'"a{i // 2}": 1' for i in range(40_000))
    begin = process_time()
    assert len(load(f'{{"openapi": "3.0.0", "x": {{{members}}}}}')[1]) == 20_000
    assert process_time() - begin < 2.0


def test_strings_that_look_like_keys_are_no_duplicates() -> None:
    text = r'{"openapi": "3.0.0", "x-a": "{\"a\": 1}", "x-b": ": b", "x-c" : {"d\\": 1}}'
    assert load(text)[1] == ()


@pytest.mark.parametrize("opening", ["{", ""])
def test_long_integers_keep_their_digits(opening: str) -> None:
    number = 123456789012345678901234567890
    members = f'"openapi": "3.0.0", "x-max": {number}, "x-id": 9007199254740993'
    text = f"{{{members}}}" if opening else members.replace(", ", "\n")
    tree = load(text)[0].tree
    assert (tree["x-max"], tree["x-id"]) == (number, 9007199254740993)


@pytest.mark.parametrize(
    "text",
    [
        '{"openapi": "3.0.0", "x-a": NaN}',
        '{"openapi": "3.0.0", "x-a": 1e400}',
        "openapi: 3.0.0\nx-a: .nan\n",
        "openapi: 3.0.0\nx-a: -.inf\n",
        "openapi: 3.0.0\nx-a: 1e400\n",
    ],
)
def test_a_number_that_json_does_not_have_is_null_and_reported(text: str) -> None:
    document, (found,) = load(text)
    assert document.tree["x-a"] is None
    assert (found.code, found.pointer) == ("not-finite", "/x-a")


@pytest.mark.parametrize("text", ['{"openapi": "3.0.0", "x-a": %s}', "openapi: 3.0.0\nx-a: %s\n"])
def test_a_number_of_thousands_of_digits_is_refused(text: str) -> None:
    assert "digits" in refused(text % ("9" * 5000))[1]


def test_h10_a_flat_document_of_many_keys_is_read_at_the_speed_of_c() -> None:
    text = "openapi: 3.0.0\nx-all:\n" + "".join(f"  key{i}: {i}\n" for i in range(20_000))
    begin = process_time()
    assert len(load(text)[0].tree["x-all"]) == 20_000
    assert process_time() - begin < 1.0


@pytest.mark.parametrize("depth", [3_000, 200_000])
@pytest.mark.parametrize(
    "text",
    ['{"openapi": "3.0.0", "x": %s}', "openapi: 3.0.0\nx: %s\n", '{"openapi": "3.0.0", "x": %s,}'],
)
def test_h11_depth_is_limited_before_it_costs(text: str, depth: int) -> None:
    begin = process_time()
    field, description = refused(text % ("[" * depth + "]" * depth))
    assert "nests deeper than 200" in description
    assert field.startswith("line ")
    assert process_time() - begin < 2.0


def test_h11_depth_of_indentation_is_limited() -> None:
    text = "openapi: 3.0.0\n" + "".join(f"{' ' * i}x:\n" for i in range(1000))
    assert "nests deeper" in refused(text)[1]


def test_a_document_at_the_limit_of_depth_is_read() -> None:
    load('{"openapi": "3.0.0", "x": %s}' % ("[" * 199 + "]" * 199))
    load("openapi: 3.0.0\nx: %s\n" % ("[" * 199 + "]" * 199))


@pytest.mark.parametrize("text", ['{"openapi": "3.0.0", "x": [%s1]}', "openapi: 3.0.0\nx: [%s1]\n"])
def test_values_are_counted_and_limited(text: str) -> None:
    assert "1000 values" in refused(text % ("1," * 2000), limits=Limits(nodes=1000))[1]
    load(text % ("1," * 900), limits=Limits(nodes=1000))
    load(text % '",,,,,,,,,,,,,,,,,,,,,",', limits=Limits(nodes=10))


def test_the_size_is_limited() -> None:
    assert "longer than 50 bytes" in refused(json.dumps(MINIMAL), limits=Limits(size=50))[1]


def test_half_a_surrogate_pair_is_refused() -> None:
    assert refused("openapi: \ud800\n")[0] == "line 1, column 10"
