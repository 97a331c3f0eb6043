"""Secrets: a reference becomes its value at the moment it is needed, and never before."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from facade.errors.caller import ConnectionIncomplete, InvalidRequest
from facade.errors.fault import Details, Violation

LARGEST = 64 * 1024
"""Bytes of a secret's file."""

_REFERENCE = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0\r\n]+)")


class Secrets:
    """Reads secrets by reference: `env:NAME` or `file:NAME`.

    Only variables whose names match the operator's patterns and only files
    under the operator's folder are read, whoever writes the reference. Files
    are read again once they change, so a rotated mount needs no restart.
    """

    def __init__(
        self, environ: Mapping[str, str], names: tuple[str, ...], directory: Path | None
    ) -> None:
        """Takes the environment, the patterns of names that may be read, and the folder."""
        self._environ = environ
        self._names = names
        self._directory = directory
        self._files: dict[Path, tuple[tuple[int, int], str]] = {}

    def check(self, reference: str, field: str = "secret") -> None:
        """Judges the form of a reference alone; raises InvalidRequest naming the field."""
        if not _REFERENCE.fullmatch(reference):
            raise InvalidRequest(f"{field}: {_FORM}", details=_details(field, _FORM))

    def resolve(self, reference: str) -> str:
        """The value that a reference names; raises ConnectionIncomplete where there is none.

        What is raised names the reference and never the value; a text that is
        no reference is not repeated either, for it may be the secret itself.
        """
        if not _REFERENCE.fullmatch(reference):
            raise ConnectionIncomplete(_FORM, details=_details("secret", _FORM))
        scheme, _, name = reference.partition(":")
        value = self._variable(name) if scheme == "env" else self._file(name)
        if value is None:
            remedy = f"{_HINTS[scheme]} before calls can be signed"
            raise ConnectionIncomplete(
                f"the secret `{reference}` is not there, or may not be read",
                details=_details(reference, remedy),
            )
        return value

    def _variable(self, name: str) -> str | None:
        if not any(fnmatchcase(name, pattern) for pattern in self._names):
            return None
        return self._environ.get(name)

    def _file(self, name: str) -> str | None:
        """The text of a file under the folder, without the newline that ends it.

        A mount of Kubernetes is links within the folder; a link or a name that
        leads out of it is as good as absent.
        """
        if self._directory is None:
            return None
        path = self._directory / name
        try:
            if not path.resolve(strict=True).is_relative_to(self._directory.resolve()):
                return None
            found = path.stat()
            stamp = (found.st_ino, found.st_mtime_ns)
            known = self._files.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            if not path.is_file() or found.st_size > LARGEST:
                return None
            value = path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, ValueError):
            return None
        self._files[path] = (stamp, value)
        return value


_FORM = "a secret is named, never given: write `env:NAME` or `file:NAME`"

_HINTS = {
    "env": "set the variable under a name that `--env-secrets` allows",
    "file": "put the file under `--file-secrets`",
}


def _details(field: str, description: str) -> Details:
    return Details(violations=(Violation(field=field, description=description),))
