"""Fields of a resource: which of them a field mask has an update change (AIP-134); pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from facade.catalog.request import invalid
from facade.errors.fault import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of a resource, as updates meet them."""

    noun: str
    """What has them, as messages call it."""
    updatable: tuple[str, ...]
    immutable: Collection[str]
    output: Collection[str]
    """Those that are told alone, and never set."""

    def chosen(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those that a mask names; raises InvalidRequest for an empty one, and for others."""
        found = tuple(self._flaws(paths))
        if found:
            raise invalid(*(Violation(field="update_mask", description=each) for each in found))
        return self.updatable if "*" in paths else tuple(paths)

    def _flaws(self, paths: Sequence[str]) -> Iterator[str]:
        if not paths:
            yield "name the fields to change, or `*`"
        for path in paths:
            if path in self.immutable:
                yield f"`{path}` never changes"
            elif path in self.output:
                yield f"`{path}` cannot be set: it is told alone"
            elif path != "*" and path not in self.updatable:
                yield f"no field `{path[:63]}` of a {self.noun}"
        if "*" in paths and len(paths) > 1:
            yield "`*` stands alone"
