"""Content codings piece by piece: what comes out does not depend on how the data was cut."""

import gzip
import time
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # the package has no types
import pytest
from backports import zstd

from facade.coding import PIECE, Unpacker
from facade.errors.backend import BackendBadResponse, ResponseTooLarge

TEXT = b'{"name": "Rex"}' * 20

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def unpacker(coding: str, ratio: int = 100) -> Unpacker:
    return Unpacker(coding, ratio=ratio, ratio_from=64 * 1024)


def unpacked(coding: str, *pieces: bytes) -> bytes:
    made = unpacker(coding)
    found = b"".join(out for piece in pieces for out in made.feed(piece))
    made.finish()
    return found


@pytest.mark.parametrize("coding", PACK)
def test_each_coding_is_unpacked_whole_and_byte_by_byte(coding: str) -> None:
    data = PACK[coding](TEXT)
    assert unpacked(coding, data) == TEXT
    assert unpacked(coding, *(data[at : at + 1] for at in range(len(data)))) == TEXT
    assert unpacked(coding, data[:1], b"", data[1:]) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_several_members_are_one_text(coding: str) -> None:
    data = PACK[coding](TEXT[:7]) + PACK[coding](TEXT[7:])
    assert unpacked(coding, data) == TEXT
    assert unpacked(coding, *(data[at : at + 1] for at in range(len(data)))) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_what_was_flushed_comes_out_before_the_end(coding: str) -> None:
    if coding == "br":
        packer = brotli.Compressor()
        data = packer.process(TEXT) + packer.flush()
    elif coding == "zstd":
        data = zstd.ZstdCompressor().compress(TEXT, zstd.ZstdCompressor.FLUSH_BLOCK)
    else:
        pack = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
        data = pack.compress(TEXT) + pack.flush(zlib.Z_SYNC_FLUSH)
    made = unpacker(coding)
    assert b"".join(made.feed(data)) == TEXT
    with pytest.raises(BackendBadResponse):
        made.finish()


@pytest.mark.parametrize("coding", PACK)
def test_d33_data_that_is_cut_broken_or_something_else_is_a_bad_response(coding: str) -> None:
    data = PACK[coding](TEXT)
    others = [PACK[each](TEXT) for each in PACK if each != coding]
    for wrong in (data[:-1], data[:1], b"plain text", data + b"rest", *others):
        with pytest.raises(BackendBadResponse):
            unpacked(coding, wrong)


@pytest.mark.parametrize("coding", PACK)
def test_d30_d31_a_bomb_stops_where_the_ratio_is_reached(coding: str) -> None:
    bomb = PACK[coding](bytes(8 * 2**20))
    made = unpacker(coding)
    started = time.process_time()
    size = 0
    with pytest.raises(ResponseTooLarge):
        size = sum(map(len, made.feed(bomb)))
    assert size == 0
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize("coding", PACK)
def test_no_more_than_a_piece_is_unpacked_at_a_time(coding: str) -> None:
    made = unpacker(coding, ratio=10**9)
    sizes = [len(piece) for piece in made.feed(PACK[coding](bytes(2**20)))]
    assert sum(sizes) == 2**20
    assert max(sizes) <= 2 * PIECE  # brotli rounds up


def test_a_window_beyond_8_mib_is_refused() -> None:
    parameters = {int(zstd.CompressionParameter.window_log): 24}
    data = zstd.ZstdCompressor(options=parameters)
    packed = data.compress(TEXT, zstd.ZstdCompressor.FLUSH_BLOCK)
    with pytest.raises(BackendBadResponse):
        unpacked("zstd", packed)


def test_identity_is_passed_on() -> None:
    assert unpacked("identity", b"a", b"b") == b"ab"
