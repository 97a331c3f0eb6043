"""JSON that goes as it is, whatever it says."""

from typing import Any


class Json:
    """Any JSON, only ever written."""

    explicit = True

    def __init__(self, **shape: Any) -> None:
        """Takes its JSON Schema."""
        self._shape = shape

    def write(self, own: Any) -> Any:
        """The value, which is JSON already."""
        return own

    def read(self, tree: Any, _place: Any) -> Any:
        """The value."""
        return tree

    def schema(self) -> dict[str, Any]:
        """What it is."""
        return dict(self._shape)


ANY = Json()
