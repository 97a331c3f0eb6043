"""Content codings (RFC 9110 section 8.4.1): unpacks what a backend packed, piece by piece."""

import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import brotli  # type: ignore[import-untyped]  # the package has no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from facade.errors.backend import BackendBadResponse, ResponseTooLarge

CODINGS = b"gzip, deflate, br, zstd"
"""What is unpacked here, as Accept-Encoding says it."""

PIECE = 64 * 1024
"""Bytes that are unpacked at a time."""

MEMBERS = 64
"""Members or frames that one body may be made of (RFC 1952 section 2.2, RFC 8878 section 3)."""

ZSTD_WINDOW = 23
"""Base-2 logarithm of the largest window: 8 MiB, as RFC 9659 has it for HTTP."""


class Codec(Protocol):
    """One member or frame under way."""

    def unpack(self, data: bytes) -> bytes:
        """Takes more data, or none as long as it is not `starving`; gives about a piece."""

    @property
    def starving(self) -> bool:
        """Whether it has no more to give without more data."""

    @property
    def ended(self) -> bool:
        """Whether it is whole."""

    @property
    def surplus(self) -> bytes:
        """What follows its end."""


class Zlib:
    """gzip, and deflate with zlib's header or without."""

    def __init__(self, window: int) -> None:
        """Takes zlib's word for the wrapping."""
        self._inner = zlib.decompressobj(window)
        self.starving = True

    def unpack(self, data: bytes) -> bytes:
        """Unpacks at most a piece."""
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, PIECE)
        self.starving = len(piece) < PIECE
        return piece

    @property
    def ended(self) -> bool:
        """Whether the checksum was reached, and fits."""
        return self._inner.eof

    @property
    def surplus(self) -> bytes:
        """What follows its end."""
        return self._inner.unused_data


class Brotli:
    """br (RFC 7932), one stream and nothing after it."""

    surplus = b""

    def __init__(self) -> None:
        self._inner: Any = brotli.Decompressor()
        self.starving = True

    def unpack(self, data: bytes) -> bytes:
        """Unpacks about a piece."""
        piece: bytes = self._inner.process(data, output_buffer_limit=PIECE)
        self.starving = len(piece) < PIECE and self._inner.can_accept_more_data()
        return piece

    @property
    def ended(self) -> bool:
        """Whether the last block was unpacked."""
        return bool(self._inner.is_finished())


class Zstd:
    """zstd (RFC 8878)."""

    def __init__(self) -> None:
        options = {int(zstd.DecompressionParameter.window_log_max): ZSTD_WINDOW}
        self._inner = zstd.ZstdDecompressor(options=options)

    def unpack(self, data: bytes) -> bytes:
        """Unpacks at most a piece."""
        return self._inner.decompress(data, PIECE)

    @property
    def starving(self) -> bool:
        """Whether it has no more to give without more data."""
        return self._inner.needs_input

    @property
    def ended(self) -> bool:
        """Whether the frame is whole."""
        return self._inner.eof

    @property
    def surplus(self) -> bytes:
        """What follows its end."""
        return self._inner.unused_data


def _deflate(start: bytes) -> Codec:
    """`deflate` comes with zlib's header, and from some without."""
    wrapped = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return Zlib(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


CODECS: Mapping[str, Callable[[bytes], Codec]] = MappingProxyType(
    {
        "gzip": lambda _: Zlib(16 + zlib.MAX_WBITS),
        "deflate": _deflate,
        "br": lambda _: Brotli(),
        "zstd": lambda _: Zstd(),
    }
)
"""By the coding's name; each sees how the data begins, by two bytes of it."""

BROKEN = (zlib.error, brotli.error, zstd.ZstdError)


class Unpacker:
    """Unpacks one layer of one coding; holds no more than a piece of the output."""

    def __init__(self, coding: str, *, ratio: int, ratio_from: int) -> None:
        """Takes a name of CODECS, or `identity`.

        `ratio`: unpacked bytes for each packed one, once there are more than `ratio_from`.
        """
        self._begin = CODECS.get(coding)
        self._ratio = ratio
        self._free = ratio_from
        self._codec: Codec | None = None
        self._held = b""
        self._members = 0
        self._packed = 0
        self._unpacked = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Gives what more data unpacks to, in pieces.

        Raises BackendBadResponse where the data is not of the coding, and ResponseTooLarge where
        it unpacks to too much for what it is.
        """
        if self._begin is None:
            yield data
            return
        self._packed += len(data)
        data = self._held + data
        self._held = b""
        while data or not (self._codec is None or self._codec.starving or self._codec.ended):
            codec = self._member(data)
            if codec is None:
                self._held = data
                return
            piece = self._piece(codec, data)
            if piece:
                yield piece
            data = codec.surplus if codec.ended else b""

    def finish(self) -> None:
        """Says that no more comes; raises BackendBadResponse where the data is not whole."""
        if self._held or (self._codec is not None and not self._codec.ended):
            raise _broken()

    def _member(self, data: bytes) -> Codec | None:
        """The member that the data belongs to; None where its kind cannot be told yet."""
        if self._begin is not None and (self._codec is None or self._codec.ended):
            if len(data) < 2:
                return None
            self._members += 1
            if self._members > MEMBERS:
                raise _broken()
            self._codec = self._begin(data)
        return self._codec

    def _piece(self, codec: Codec, data: bytes) -> bytes:
        try:
            piece = codec.unpack(data)
        except BROKEN:
            raise _broken() from None
        self._unpacked += len(piece)
        if self._unpacked > max(self._free, self._ratio * self._packed):
            raise ResponseTooLarge("the backend's answer unpacks beyond the limit")
        return piece


def _broken() -> BackendBadResponse:
    return BackendBadResponse("the backend's answer cannot be unpacked")
