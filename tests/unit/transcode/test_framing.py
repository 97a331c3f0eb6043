"""The decoders of streams: what they find does not depend on where the data is cut."""

import collections
import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from facade.errors.backend import BackendBadResponse, ResponseTooLarge
from facade.model.stream import Chunk, Element, Event, Framing, Item
from facade.transcode.framing.choice import Decoding
from facade.transcode.framing.decoder import Judge
from facade.transcode.framing.elements import Elements

BOM = b"\xef\xbb\xbf"


def decoding(
    framing: Framing, path: tuple[str, ...] = (), charset: str = "", limit: int = 1000
) -> Decoding:
    return Decoding(framing, path, charset, Judge(limit=limit, secrets=("hunter2",)))


def decoded(made: Decoding, pieces: Iterator[bytes]) -> Iterator[Item]:
    for piece in pieces:
        yield from made.feed(piece)
    yield from made.finish()


def cuts(data: bytes) -> Iterator[Callable[[], Iterator[bytes]]]:
    """The data whole, cut in two anywhere, and byte by byte."""
    yield lambda: iter((data,))
    yield lambda: (bytes((each,)) for each in data)
    for at in range(1, len(data)):
        yield lambda at=at: iter((data[:at], b"", data[at:]))  # type: ignore[misc]  # a default


def found(
    framing: Framing, data: bytes, path: tuple[str, ...] = (), charset: str = ""
) -> list[Item]:
    """What is found, whatever way the data is cut."""
    results = [[*decoded(decoding(framing, path, charset), cut())] for cut in cuts(data)]
    assert all(each == results[0] for each in results)
    return results[0]


def event(data: str, id_: str = "", type_: str = "message", retry: int | None = None) -> Event:
    is_json = data[:1] in ('"', "{", "[") or data.isdecimal()
    return Event(id=id_, type=type_, data=data, is_json=is_json, retry=retry)


@pytest.mark.parametrize(
    ("data", "events"),
    [
        # of the standard itself, WHATWG HTML section 9.2.6
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]),
        (
            (
                b": test stream\n\ndata: first event\nid: 1\n\n"
                b"data:second event\nid\n\ndata:  third event\n"
            ),
            [event("first event", "1"), event("second event")],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]),
        (b"data:test\n\ndata: test\n\n", [event("test"), event("test")]),
        # line ends
        (b"data: a\r\rdata: b\r\n\r\ndata: c\n\n", [event("a"), event("b"), event("c")]),
        (b"data: a\r\ndata: b\r\n\r\n\r\n\r\n", [event("a\nb")]),
        (b"data: a\n\r\n", [event("a")]),
        # fields
        (BOM + b"data: a\n\n", [event("a")]),
        (BOM + BOM + b"data: a\n\ndata: b\n\n", [event("b")]),
        (b"data: a\nevent: x\nevent: y\n\ndata: b\n\n", [event("a", type_="y"), event("b")]),
        (b"event: lost\n\ndata: a\n\n", [event("a")]),
        (b"event:\ndata: a\n\n", [event("a")]),
        (b"id: 1\ndata: a\n\nid: 2\n\ndata: b\n\n", [event("a", "1"), event("b", "2")]),
        (b"id: 1\nid: 2\x003\ndata: a\n\n", [event("a", "1")]),
        (b"id: \xc3\xbc\ndata: a\n\n", [event("a", "ü")]),
        (b"retry: 10\ndata: a\n\ndata: b\n\n", [event("a", retry=10), event("b")]),
        (b"retry: 1x\nretry: -1\nretry:\nretry: 1.5\ndata: a\n\n", [event("a")]),
        (b"retry: " + b"9" * 5000 + b"\ndata: a\n\n", [event("a", retry=2**31 - 1)]),
        (b"retry: 0\n\ndata: a\n\n", [event("a", retry=0)]),
        (b"Data: x\n data: x\nunknown: x\ndata : x\n:data: x\n\n", []),
        (b"data: a:b: c\n\n", [event("a:b: c")]),
        (b'data: {"a":\ndata: 1}\n\n', [event('{"a":\n1}')]),
        (b"data: \xff\xe2\x82\n\n", [event("\ufffd\ufffd")]),
        (b"data: \xf0\x9f\x90\x95\n\n", [event("🐕")]),
        (b"data: never\n", []),
        (b"", []),
    ],
)
def test_an_event_stream_is_read_as_the_standard_says(data: bytes, events: list[Event]) -> None:
    if len(data) > 1000:
        assert [*decoded(decoding(Framing.EVENTS, limit=6000), iter((data,)))] == events
    else:
        assert found(Framing.EVENTS, data) == events


def test_an_id_counts_from_its_blank_line_on() -> None:
    made = decoding(Framing.EVENTS)
    assert made.events is not None
    assert [*made.feed(b"id: 1\ndata: a")] == []
    assert made.events.last_id == ""
    assert [*made.feed(b"\n\n")] == [event("a", "1")]
    assert [*made.feed(b"id: 2\nretry: 3\n\nid: 4")] == []
    assert (made.events.last_id, made.events.retry) == ("2", 3)


@pytest.mark.parametrize(
    ("framing", "data", "path", "elements"),
    [
        (Framing.LINES, b'{"a": 1}\n[2]\r\n\n  \n"\\n"', (), [b'{"a": 1}', b"[2]", b'"\\n"']),
        (
            Framing.LINES,
            b"1.10\n-0\n1e400\n9007199254740993\n",
            (),
            [b"1.10", b"-0", b"1e400", b"9007199254740993"],
        ),
        (Framing.LINES, BOM + b'"\xc3\xbc"\n', (), ['"ü"'.encode()]),
        (Framing.LINES, b"", (), []),
        (
            Framing.SEQUENCE,
            b'\x1e{"a":\n\n 1}\n\x1e\x1e2\n\x1e\n\x1e[]',
            (),
            [b'{"a":\n\n 1}', b"2", b"[]"],
        ),
        (Framing.SEQUENCE, b'\n\x1etrue\n\x1e"x"', (), [b"true", b'"x"']),
        (
            Framing.ELEMENTS,
            b'[1,2 ,\n{"a": [3, "]", "}"]}, "\\\\", "\\"," ]\n',
            (),
            [b"1", b"2", b'{"a": [3, "]", "}"]}', b'"\\\\"', b'"\\","'],
        ),
        (Framing.ELEMENTS, b" [ ] ", (), []),
        (Framing.ELEMENTS, BOM + b"[[[]], {}]", (), [b"[[]]", b"{}"]),
        (Framing.ELEMENTS, b' {"a": [1]} ', (), [b'{"a": [1]}']),
        (Framing.ELEMENTS, b"12", (), [b"12"]),
        (Framing.ELEMENTS, b" ", (), []),
        (
            Framing.ELEMENTS,
            b'{"x": {"a": [0]}, "y": "a", "a": [1, 2], "z": []}',
            ("a",),
            [b"1", b"2"],
        ),
        (Framing.ELEMENTS, b'{"\\u0061": {"b/~": [1]}}', ("a", "b/~"), [b"1"]),
        (Framing.ELEMENTS, b'[[0], "]", [1, [2]]]', ("2",), [b"1", b"[2]"]),
        (Framing.ELEMENTS, b'{"": [1]}', ("",), [b"1"]),
        (Framing.ELEMENTS, b'{"0": [1]}', ("0",), [b"1"]),
    ],
)
def test_json_items_are_found_wherever_the_data_is_cut(
    framing: Framing, data: bytes, path: tuple[str, ...], elements: list[bytes]
) -> None:
    assert found(framing, data, path) == [Element(json=each) for each in elements]


@pytest.mark.parametrize(
    ("charset", "text"),
    [("utf-16", '["ü€"]'), ("utf-16-le", '["ü"]'), ("iso-8859-1", '["ü"]'), ("UTF-8", '["ü"]')],
)
def test_text_of_another_charset_comes_as_utf_8(charset: str, text: str) -> None:
    assert found(Framing.ELEMENTS, text.encode(charset), charset=charset) == [
        Element(json=text[1:-1].encode())
    ]


@pytest.mark.parametrize("charset", ["idna", "unicode_escape", "none", "utf-16"])
def test_d24_text_that_is_not_of_its_charset_is_a_bad_response(charset: str) -> None:
    with pytest.raises(BackendBadResponse):
        [*decoded(decoding(Framing.LINES, charset=charset), iter((b"1\n\xd8",)))]


@pytest.mark.parametrize(
    ("framing", "data", "path", "good"),
    [
        (Framing.LINES, b"1\n{\n2\n", (), 1),
        (Framing.LINES, b"1 2\n", (), 0),
        (Framing.LINES, b"1\n[2", (), 1),
        (Framing.LINES, b'"\xff"\n', (), 0),
        (Framing.SEQUENCE, b"\x1e1\n\x1e2", (), 1),
        (Framing.SEQUENCE, b"\x1e1\n\x1etrue\x1e3\n", (), 1),
        (Framing.SEQUENCE, b'{"a": 1}\n', (), 0),
        (Framing.SEQUENCE, b'\x1e{"a"\n', (), 0),
        (Framing.ELEMENTS, b"[1, 2", (), 1),
        (Framing.ELEMENTS, b'[1, "', (), 1),
        (Framing.ELEMENTS, b"[1 2]", (), 0),
        (Framing.ELEMENTS, b"[1,,2]", (), 1),
        (Framing.ELEMENTS, b"[,1]", (), 0),
        (Framing.ELEMENTS, b"[1,]", (), 1),
        (Framing.ELEMENTS, b"[1}", (), 0),
        (Framing.ELEMENTS, b"[1] 2", (), 1),
        (Framing.ELEMENTS, b"[{]}]", (), 0),
        (Framing.ELEMENTS, b'{"a": 1', (), 0),
        (Framing.ELEMENTS, b'{"a": [1]', ("a",), 1),
        (Framing.ELEMENTS, b'{"b": x, "a": [1]}', ("a",), 1),
        (Framing.ELEMENTS, b'{"a": {}}', ("a",), 0),
        (Framing.ELEMENTS, b'{"b": [1]}', ("a",), 0),
        (Framing.ELEMENTS, b'{"b" [1]}', ("b",), 0),
        (Framing.ELEMENTS, b"{}", ("a",), 0),
        (Framing.ELEMENTS, b"{a: [1]}", ("a",), 0),
        (Framing.ELEMENTS, b"[[1]]", ("1",), 0),
        (Framing.ELEMENTS, b"[[1]]", ("a",), 0),
        (Framing.ELEMENTS, b"", ("a",), 0),
        (Framing.ELEMENTS, b'"a"', ("a",), 0),
    ],
)
def test_d20_a_broken_item_is_told_of_after_the_good_ones(
    framing: Framing, data: bytes, path: tuple[str, ...], good: int
) -> None:
    for cut in cuts(data):
        items: list[Item] = []
        with pytest.raises(BackendBadResponse):
            put_away(decoded(decoding(framing, path), cut()), items)
        assert len(items) == good


def put_away(items: Iterator[Item], into: list[Item]) -> None:
    """Keeps each item before the next may fail."""
    into += (item for item in items)


def test_the_fault_of_a_broken_item_shows_its_beginning_without_secrets() -> None:
    with pytest.raises(BackendBadResponse) as refusal:
        [*decoding(Framing.LINES).feed(b'1\n{"key": hunter2}\n')]
    assert refusal.value.message == "the answer has an item 2 that is not valid JSON"
    assert refusal.value.details.excerpt == '{"key": ***}'


@pytest.mark.parametrize(
    ("framing", "before", "piece"),
    [
        (Framing.EVENTS, b"data: ", b"x" * 100),
        (Framing.EVENTS, b"", b"data: " + b"x" * 100 + b"\n"),
        (Framing.EVENTS, b": ", b"x" * 100),
        (Framing.LINES, b'"', b"x" * 100),
        (Framing.LINES, b"", b" " * 100),
        (Framing.SEQUENCE, b"\x1e[", b"1," * 50),
        (Framing.SEQUENCE, b"\x1e1\n", b" " * 100),
        (Framing.ELEMENTS, b"[[", b"1," * 50),
        (Framing.ELEMENTS, b'["', b"x" * 100),
        (Framing.ELEMENTS, b"", b" " * 100),
        (Framing.ELEMENTS, b"[]", b" " * 100),
        (Framing.ELEMENTS, b"{", b'"a": 1,'),
    ],
)
def test_an_item_and_what_stands_around_items_are_bounded(
    framing: Framing, before: bytes, piece: bytes
) -> None:
    made = decoding(framing)
    assert [*made.feed(before)] in ([], [Element(json=b"1")])
    with pytest.raises(ResponseTooLarge):
        collections.deque((item for _ in range(200) for item in made.feed(piece)), maxlen=0)


@pytest.mark.parametrize(
    ("framing", "item"),
    [
        (Framing.EVENTS, b"data: %b\n\n"),
        (Framing.LINES, b"%b\n"),
        (Framing.SEQUENCE, b"\x1e%b\n"),
        (Framing.ELEMENTS, b",%b"),
    ],
)
def test_the_number_of_items_is_not_bounded(framing: Framing, item: bytes) -> None:
    made = decoding(framing)
    opening = [*made.feed(b"[1")] if framing is Framing.ELEMENTS else []
    whole = b'"' + b"x" * 900 + b'"'
    count = len(opening) + sum(len([*made.feed(item % whole)]) for _ in range(1000))
    assert count >= 1000


def test_a_text_in_a_sequence_is_given_before_the_next_separator() -> None:
    made = decoding(Framing.SEQUENCE)
    assert [*made.feed(b"\x1e[1,\n")] == []
    assert [*made.feed(b"2]\n")] == [Element(json=b"[1,\n2]")]
    assert [*made.feed(b"\x1e3")] == []
    assert [*made.feed(b"\n")] == [Element(json=b"3")]


def test_an_element_is_given_with_the_comma_behind_it() -> None:
    made = decoding(Framing.ELEMENTS)
    assert [*made.feed(b"[ 1")] == []
    assert [*made.feed(b" , 2")] == [Element(json=b"1")]
    assert [*made.feed(b"]")] == [Element(json=b"2")]


def test_what_stands_around_the_array_is_kept() -> None:
    elements = Elements(Judge(limit=100), ("data", "items"))
    text = b'{"data": {"items": [1, 2, 3], "next": "c"}, "total": 3}'
    assert len([*elements.feed(text[:30]), *elements.feed(text[30:]), *elements.finish()]) == 3
    assert elements.around == b'{"data": {"items": [], "next": "c"}, "total": 3}'


def test_chunks_are_of_64_kib_at_most() -> None:
    data = bytes(range(256)) * 600
    made = decoding(Framing.CHUNKS)
    chunks = [each.data for each in decoded(made, iter((data, b""))) if isinstance(each, Chunk)]
    assert b"".join(chunks) == data
    assert [len(each) for each in chunks] == [65536, 65536, 22528]


@pytest.mark.parametrize(
    ("framing", "data"),
    [
        (Framing.EVENTS, b"\n" * 2**20),
        (Framing.EVENTS, b":\r" * 2**19),
        (Framing.EVENTS, b"data: " + b"x" * 2**20),
        (Framing.LINES, b"\n" * 2**20),
        (Framing.LINES, b'"' + b"x" * 2**20),
        (Framing.SEQUENCE, b"\x1e" * 2**20),
        (Framing.SEQUENCE, b'\x1e"' + b"\n" * 2**20),
        (Framing.ELEMENTS, b'["' + b'\\"' * 2**19),
        (Framing.ELEMENTS, b"[" + b"[" * 2**20),
        (Framing.ELEMENTS, b'["' + b'a","' * 2**16),
        (Framing.ELEMENTS, b"[" + b" " * 2**20),
    ],
)
def test_d22_a_megabyte_of_anything_takes_well_under_a_second(
    framing: Framing, data: bytes
) -> None:
    made = decoding(framing, limit=2**22)
    started = time.process_time()
    with contextlib.suppress(BackendBadResponse, ResponseTooLarge):
        for at in range(0, len(data), 4096):
            collections.deque(made.feed(data[at : at + 4096]), maxlen=0)
    assert time.process_time() - started < 1
