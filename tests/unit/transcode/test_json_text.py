import time

import orjson
import pytest

from facade.transcode.json_text import is_json, sniffs_as_json, to_utf8


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b"[]",
        b' \r\n\t{"a": [1, 2.50, -0, true, null]}\n',
        b'"\\ud83d\\ude00"',
        '"é"'.encode(),
        b"9007199254740993",
        b"1e400",
        b"9" * 5000,
        b'{"a":1,"a":2}',
        b"[" * 1000 + b"]" * 1000,
    ],
)
def test_json_of_any_size_is_json(text: bytes) -> None:
    assert is_json(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b"{'a':1}",
        b'{"a":1,}',
        b"[1 2]",
        b'{"a":1} x',
        b'{"a":1}{"a":2}',
        b'{"a":',
        b"01",
        b"1.",
        b'"\x00"',
        b'"\\ud800"',
        b"<html>",
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_broken_is_no_json(text: bytes) -> None:
    assert not is_json(text)


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000]
)
def test_d22_json_100_000_deep_is_refused_in_bounded_time(text: bytes) -> None:
    start = time.perf_counter()
    assert not is_json(text)
    assert time.perf_counter() - start < 1


def test_d22_a_million_keys_are_taken_in_bounded_time() -> None:
    text = orjson.dumps({f"key{index}": index for index in range(1_000_000)})
    start = time.perf_counter()
    assert is_json(text)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("charset", ["", "utf-8", "UTF8", "us-ascii"])
def test_utf_8_comes_back_as_the_same_object(charset: str) -> None:
    data = b'{"a": 1}'
    assert to_utf8(data, charset) is data


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("utf-16", "utf-16"),
        ("UTF-16LE", "utf-16-le"),
        ("utf-16be", "utf-16-be"),
        ("iso-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("utf-16", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("utf-32", "utf-32-be"),
    ],
)
def test_another_charset_is_recoded(charset: str, codec: str) -> None:
    assert to_utf8('{"a":"é"}'.encode(codec), charset) == '{"a":"é"}'.encode()


def test_a_byte_order_mark_is_taken_off() -> None:
    assert to_utf8(b"\xef\xbb\xbf{}", "") == b"{}"


@pytest.mark.parametrize("charset", ["iso-8859-1", "Latin1", "windows-1252"])
def test_d24_utf_8_is_not_garbled_by_the_charset_that_servers_name_by_default(charset: str) -> None:
    data = '{"a":"né日本"}'.encode()
    assert to_utf8(data, charset) is data


@pytest.mark.parametrize(
    "charset", ["klingon", "idna", "punycode", "unicode_escape", "zip", "a\0b"]
)
def test_what_is_no_charset_of_the_web_is_refused(charset: str) -> None:
    assert to_utf8(b"{}", charset) is None


@pytest.mark.parametrize(
    ("data", "charset"),
    [("{}é".encode("latin-1"), "utf-8"), ("é".encode(), "ascii"), (b"{", "utf-16")],
)
def test_text_of_another_charset_than_its_label_is_refused(data: bytes, charset: str) -> None:
    assert to_utf8(data, charset) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"{}", True),
        (b" [1]", True),
        (b"1", False),
        (b'"a"', False),
        (b"{oops", False),
        (b"", False),
    ],
)
def test_only_objects_and_arrays_are_sniffed(data: bytes, *, expected: bool) -> None:
    assert sniffs_as_json(data) is expected
