"""Recent and Living: mappings that forget what was not used for long, or lives no more."""

from collections.abc import Mapping
from typing import Generic, TypeVar
from weakref import finalize

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps at most `capacity` values, and always the half of them that was used last.

    Two generations stand in for the order of use, which would cost a link in two directions for
    each key.
    """

    def __init__(self, capacity: int) -> None:
        """Takes how many values are kept at most."""
        self._half = max(capacity // 2, 1)
        self.young: dict[K, V] = {}
        """Those that were used last, for who looks here first and saves a call of `get`."""
        self._old: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    def get(self, key: K) -> V | None:
        """The value, which counts as used."""
        found = self.young.get(key)
        if found is not None:
            return found
        if key in self._old:
            found = self._old.pop(key)
            self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Keeps a value."""
        young = self.young
        young[key] = value
        if self._old:
            self._old.pop(key, None)
        if len(young) >= self._half:
            self.young, self._old = {}, young

    def update(self, values: Mapping[K, V]) -> None:
        """Keeps values, of which those under the same keys were just found, or were not there."""
        young = self.young
        young.update(values)
        if len(young) >= self._half:
            self.young, self._old = {}, young

    def pop(self, key: K) -> None:
        """Forgets a value."""
        self.young.pop(key, None)
        self._old.pop(key, None)


class Living(Generic[V]):
    """Keeps a value beside each of some objects, for as long as that lives.

    They are found by `id(object)`: to hash and compare them may take longer than a call.
    """

    def __init__(self) -> None:
        self._values: dict[int, V] = {}
        self.find = self._values.get
        """The value beside the object of an id; None where there is none."""

    def __len__(self) -> int:
        return len(self._values)

    def put(self, living: object, value: V) -> V:
        """Keeps a value beside an object that had none, which it must not hold; gives the value."""
        self._values[id(living)] = value
        finalize(living, self._values.pop, id(living), None).atexit = False
        return value
