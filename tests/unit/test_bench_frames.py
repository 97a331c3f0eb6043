"""The loader's HTTP/2: what it says, and what it understands of a server's words."""

import pytest

from tests.bench import frames
from tests.bench.open_loop import Offer, Result, percentile


def literal(name: str, value: str) -> bytes:
    """A field as a server that packs nothing writes it."""
    return b"\x00" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()


PACKED = bytes.fromhex("00889acac8b21234da8f")
"""The name grpc-status in Huffman's code, as a literal that is not kept."""


@pytest.mark.parametrize(
    ("block", "status"),
    [
        (literal("grpc-status", "0"), 0),
        (b"\x20\x88" + literal("x", "y") + literal("grpc-status", "14"), 14),
        (PACKED + bytes.fromhex("8107"), 0),
        (PACKED + bytes.fromhex("820b4f"), 14),
        (PACKED + bytes.fromhex("8179"), 8),
        (b"\x40" + literal("grpc-status", "4")[1:], 4),
        (b"\x88" + literal("content-type", "application/grpc"), None),
        (b"", None),
    ],
)
def test_the_status_is_read_however_it_is_written(block: bytes, status: int | None) -> None:
    assert frames.status_of(block) == status


def test_frames_are_taken_apart_wherever_they_are_cut() -> None:
    sent = frames.call(1, b"head", b"request") + frames.frame(frames.PING, 0, 0, b"12345678")

    for cut in range(len(sent)):
        first, rest = frames.frames(sent[:cut])
        second, left = frames.frames(rest + sent[cut:])
        kinds = [kind for kind, *_ in (*first, *second)]
        assert kinds == [frames.HEADERS, frames.DATA, frames.PING]
        assert left == b""


def test_a_request_has_its_length_before_it() -> None:
    (_, head_flags, stream, head), (_, data_flags, _, data) = frames.frames(
        frames.call(5, b"head", b"request")
    )[0]

    assert (stream, head, head_flags) == (5, b"head", frames.END_HEADERS)
    assert (data, data_flags) == (b"\0\0\0\0\x07request", frames.END_STREAM)


def test_a_head_says_the_deadline_only_where_there_is_one() -> None:
    assert b"grpc-timeout\x03250m"[:12] in frames.head_of("/a.B/C", "127.0.0.1:1", "250m")
    assert b"grpc-timeout" not in frames.head_of("/a.B/C", "127.0.0.1:1")


def test_settings_are_read() -> None:
    said = frames.SETTING.pack(frames.MAX_STREAMS, 100) + frames.SETTING.pack(5, 16_384)

    assert frames.settings(said) == {frames.MAX_STREAMS: 100, 5: 16_384}


def test_what_became_of_each_call_is_told_by_the_second() -> None:
    result = Result(Offer(rate=10.0, seconds=2.0), late=1, unsent=2)
    result.statuses.update({0: 9, 14: 4, 8: 2})

    assert result.rates() == {
        "in time": 4.0,
        "UNAVAILABLE": 2.0,
        "RESOURCE_EXHAUSTED": 1.0,
        "late": 0.5,
        "unsent": 1.0,
        "never answered": 1.5,
    }
    assert result.failed() == 12


def test_a_percentile_of_few_values_is_one_of_them() -> None:
    assert percentile([], 99) == 0.0
    assert percentile([3.0], 99) == 3.0
    assert percentile([float(each) for each in range(101)], 99) == 99.0
