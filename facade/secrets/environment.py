"""Secrets in environment variables: `env:NAME`."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache, partial

NAMES = 4096
"""So many are kept compared."""


class Environment:
    """The variables that the operator lets references name."""

    def __init__(self, environ: Mapping[str, str], patterns: tuple[str, ...]) -> None:
        """Takes the environment, and the patterns of the names that may be read."""
        self._environ = environ
        self._is_open = lru_cache(NAMES)(partial(_matches, patterns))

    def get(self, name: str) -> str | None:
        """A variable's value; one that no pattern matches is as good as absent."""
        return self.reader(name)()

    def reader(self, name: str) -> Callable[[], str | None]:
        """What gives that value, as it is then."""
        return partial(self._environ.get if self._is_open(name) else _nothing, name)


def _nothing(_: str) -> None:
    """What there is of a variable that may not be read."""


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
