"""Recent: a mapping that forgets what was not used for long."""

from typing import Generic, TypeVar

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
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: K) -> V | None:
        """The value, which counts as used."""
        found = self._young.get(key)
        if found is None and key in self._old:
            found = self._old.pop(key)
            self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Keeps a value."""
        self._old.pop(key, None)
        self._young[key] = value
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young

    def pop(self, key: K) -> None:
        """Forgets a value."""
        self._young.pop(key, None)
        self._old.pop(key, None)
