"""What is remembered of the fields with one number: what stands before values, and values."""

from typing import Final

from gateway.convert.wire import varint
from gateway.typed.scalar_writers import LENGTH, VARINT, Write, integer

MAX_SIZES: Final = 128
"""Lengths that are remembered for a tag."""
SMALL: Final = 2**31
"""Integers from zero to below it are of every integer type."""
MAX_VALUES: Final = 128
"""Values that are remembered for a tag."""


class Heads(dict[int, bytes]):
    """By length, the tag and the length of texts, bytes and messages; the first ones are kept."""

    def __init__(self, number: int) -> None:
        """Takes the number of the fields."""
        super().__init__()
        self.tag = varint(number << 3 | LENGTH)

    def __missing__(self, size: int) -> bytes:
        """Makes one."""
        head = self.tag + varint(size)
        if len(self) < MAX_SIZES:
            self[size] = head
        return head


class Values(dict[int, bytes]):
    """By value, whole fields of integers or booleans; the first ones are kept."""

    def __init__(self, number: int, write: Write) -> None:
        """Takes the number of the fields, and what writes what stands behind the tag."""
        super().__init__()
        self._tag = varint(number << 3 | VARINT)
        self._write = write

    def __missing__(self, value: int) -> bytes:
        """Makes one; raises Misfit."""
        small = 0 <= value < SMALL
        written = self._tag + (integer(value) if small else self._write(value))
        if len(self) < MAX_VALUES:
            self[value] = written
        return written
