"""Secrets in environment variables: `env:NAME`."""

from collections.abc import Mapping
from fnmatch import fnmatchcase


class Environment:
    """The variables that the operator lets references name."""

    def __init__(self, environ: Mapping[str, str], patterns: tuple[str, ...]) -> None:
        """Takes the environment, and the patterns of the names that may be read."""
        self._environ = environ
        self._patterns = patterns

    def get(self, name: str) -> str | None:
        """A variable's value; one that no pattern matches is as good as absent."""
        if not any(fnmatchcase(name, pattern) for pattern in self._patterns):
            return None
        return self._environ.get(name)
