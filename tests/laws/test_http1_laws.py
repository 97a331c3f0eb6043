"""An answer is the same however it is cut, and what llhttp makes of it; surplus ends a connection.

Row D26: what follows an answer is never part of one.
"""

import itertools
from collections.abc import Iterator

import httptools
from hypothesis import given, settings
from hypothesis import strategies as st

from facade.errors.fault import Fault
from facade.http1.answer import Answer
from facade.http1.head import Head

TOKENS = st.text("abcXYZ019-_!", min_size=1, max_size=12).map(lambda name: f"x{name}")
VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20)
FIELDS = st.lists(st.tuples(TOKENS, VALUES), max_size=5)
BODIES = st.binary(max_size=60)
CUTS = st.lists(st.integers(0, 500), max_size=8)
METHODS = st.sampled_from(["GET", "HEAD"])
STATUSES = st.sampled_from([200, 201, 204, 304, 404, 500])
INTERIMS = st.lists(st.sampled_from([100, 102, 103]), max_size=3)
SURPLUS = st.sampled_from([b"", b"x", b"\0", b"HTTP/1.1 200 OK\r\n\r\n", b"\r\n"])
HOSTILE = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b";",
            b",",
            b"\0",
            b"\x7f",
            b"\xfc",
            b"0",
            b"5",
        ),
        *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200\n", b"HTTP/1.1 100 Go\r\n\r\n", b"HTTP/2 200\r\n"),
        *(b"Content-Length: 5\r\n", b"content-length:2", b"Transfer-Encoding: chunked\r\n"),
        *(
            b"Connection: close\r\n",
            b"\r\n\r\n",
            b"hello",
            b"2\r\nab\r\n",
            b"0\r\n\r\n",
            b"ffffffff",
        ),
    ]
)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    borders = [0, *sorted(min(each, len(data)) for each in cuts), len(data)]
    for start, end in itertools.pairwise(borders):
        if start < end:
            yield data[start:end]


def read(method: str, data: bytes, cuts: list[int], limit: float = 1e9) -> tuple[object, ...]:
    """All that can be seen of an answer: its head and body, how it ended, and what it leaves."""
    answer = Answer(bodiless=method == "HEAD", limit=limit)
    problem = ""
    try:
        for piece in pieces(data, cuts):
            answer.feed(piece)
    except Fault as fault:
        problem = f"{type(fault).__name__}: {fault.message} {fault.effect}"
    return answer.head, answer.take(), answer.ended, answer.lasting and not problem, problem


def chunked(body: bytes, cuts: list[int]) -> bytes:
    chunks = [b"%x;e=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces(body, cuts)]
    return b"".join(chunks) + b"0\r\nX-Trailer: t\r\n\r\n"


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, bytes, tuple[tuple[str, str], ...], bytes]:
    """A method, an answer to it by the grammar, its fields, and the body that it stands for."""
    method, status, body = draw(METHODS), draw(STATUSES), draw(BODIES)
    fields = draw(FIELDS)
    bodiless = method == "HEAD" or status in {204, 304}
    framing = ("Transfer-Encoding", "chunked")
    sent = chunked(body, draw(CUTS))
    if draw(st.booleans()):
        framing, sent = ("Content-Length", str(len(body))), body
    said = [*fields, framing]
    end = draw(st.sampled_from(["\r\n", "\n"]))
    interim = "".join(f"HTTP/1.1 {each} Go{end}A: b{end}{end}" for each in draw(INTERIMS))
    lines = "".join(f"{name}:{value}{end}" for name, value in said)
    head = f"{interim}HTTP/1.1 {status} Said{end}{lines}{end}".encode("latin-1")
    given = tuple((name.lower(), value.strip(" \t")) for name, value in said)
    return method, head + (b"" if bodiless else sent), given, b"" if bodiless else body


@given(answers(), CUTS, SURPLUS)
def test_an_answer_is_read_as_it_was_written_however_it_is_cut(
    made: tuple[str, bytes, tuple[tuple[str, str], ...], bytes], cuts: list[int], surplus: bytes
) -> None:
    method, data, fields, body = made
    head, came, ended, lasting, problem = read(method, data + surplus, cuts)
    assert isinstance(head, Head)
    assert (head.headers, came, ended, problem) == (fields, body, True, "")
    assert lasting is (not surplus)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """A method, and an answer by the grammar in which a few things were put in, or left out."""
    method, data, *_ = draw(answers())
    for _ in range(draw(st.integers(0, 3))):
        place, width = draw(st.integers(0, len(data))), draw(st.integers(0, 3))
        data = data[:place] + draw(HOSTILE | st.just(b"")) + data[place + width :]
    return method, data


@given(spoilt(), CUTS)
def test_a_spoilt_answer_is_the_same_however_it_is_cut(
    made: tuple[str, bytes], cuts: list[int]
) -> None:
    assert read(*made, cuts) == read(*made, [])


class Judge:
    """What llhttp, the parser of Node.js, makes of the last of the answers that it is fed."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.ended = False

    def on_message_begin(self) -> None:
        self.headers, self.body, self.ended = [], b"", False

    def on_header(self, name: bytes, value: bytes) -> None:
        said = value.decode("latin-1").strip(" \t")
        self.headers.append((name.decode("latin-1").lower(), said))

    def on_headers_complete(self) -> None:
        self.fields = tuple(self.headers)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended = True


@given(spoilt(), CUTS)
@settings(max_examples=400)
def test_what_is_taken_for_a_whole_answer_is_one_to_llhttp_too(
    made: tuple[str, bytes], cuts: list[int]
) -> None:
    method, data = made
    head, body, ended, lasting, problem = read(method, data, cuts)
    if method == "HEAD" or not ended or problem or not lasting:
        return
    judge = Judge()
    try:
        judge.parser.feed_data(data)
    except httptools.HttpParserError as problem_of_llhttp:
        # It takes no white space in extensions of chunks, which RFC 9112 section 7.1.1 allows.
        assert "chunk extensions" in str(problem_of_llhttp)  # noqa: PT017 - it need not be raised
        return
    assert isinstance(head, Head)
    assert (judge.parser.get_status_code(), judge.fields) == (head.status, head.headers)
    assert (judge.body, judge.ended) == (body, True)


@given(BODIES, CUTS, st.integers(0, 30))
def test_d25_a_body_stops_at_its_limit_wherever_it_is_cut(
    body: bytes, cuts: list[int], limit: int
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    *_, problem = read("GET", head + chunked(body, cuts), cuts, limit)
    assert bool(problem) is (len(body) > limit)
