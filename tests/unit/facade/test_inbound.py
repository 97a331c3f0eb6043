import gzip
import time
import zlib

import pytest

from facade.errors.backend import BackendBadResponse, ResponseTooLarge
from facade.errors.fault import Effect
from facade.inbound import Sizes, unpack

SIZES = Sizes(decoded=10 * 2**20)
TEXT = b'{"name": "Rex"}' * 20


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("gzip", gzip.compress(TEXT[:7], mtime=0) + gzip.compress(TEXT[7:], mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
def test_each_coding_is_unpacked_whole(coding: str, data: bytes) -> None:
    assert unpack(data, coding, SIZES) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity"])
def test_nothing_unpacks_to_nothing(coding: str) -> None:
    assert unpack(b"", coding, SIZES) == b""


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", b"plain text"),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-1]),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"rest"),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-8] + b"\0" * 8),
        ("gzip", gzip.compress(b"", mtime=0) * 100_000),
        ("gzip", zlib.compress(TEXT)),
        ("deflate", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)[:10]),
        ("deflate", b"x"),
    ],
)
def test_d33_data_that_is_not_of_its_coding_is_a_bad_response(coding: str, data: bytes) -> None:
    started = time.process_time()
    with pytest.raises(BackendBadResponse) as refusal:
        unpack(data, coding, SIZES)
    assert refusal.value.effect is Effect.EXECUTED
    assert time.process_time() - started < 0.5


def test_d30_a_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(bytes(200 * 2**20))
    started = time.process_time()
    with pytest.raises(ResponseTooLarge):
        unpack(bomb, "gzip", SIZES)
    assert time.process_time() - started < 0.5


def test_d30_a_ratio_beyond_a_hundred_is_refused_after_the_first_64_kib() -> None:
    small, large = gzip.compress(bytes(64 * 1024)), gzip.compress(bytes(1024 * 1024))
    assert len(unpack(small, "gzip", SIZES)) == 64 * 1024
    with pytest.raises(ResponseTooLarge):
        unpack(large, "gzip", SIZES)
    assert len(unpack(large, "gzip", Sizes(ratio=2000))) == 1024 * 1024


def test_a_limit_is_inclusive() -> None:
    assert unpack(gzip.compress(TEXT, mtime=0), "gzip", Sizes(decoded=len(TEXT))) == TEXT
    with pytest.raises(ResponseTooLarge):
        unpack(gzip.compress(TEXT, mtime=0), "gzip", Sizes(decoded=len(TEXT) - 1))
