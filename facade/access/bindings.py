"""The access file: who may do what, for callers whom somebody else vouches for."""

import asyncio
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta

from facade.catalog.finding import Findings
from facade.catalog.form import Form
from facade.config import Misconfigured
from facade.errors.caller import InvalidSpec
from facade.errors.fault import Fault
from facade.model.access import EVERY, Grant, Role
from facade.spec.limits import Limits
from facade.spec.text.numbers import as_doubles
from facade.spec.text.yaml_core import read_yaml

LOGGER = logging.getLogger(__name__)

LARGEST: Final = 2**20
"""Bytes of the file."""
LOOK: Final = 0.5
"""Seconds between looks whether it has changed."""

SOCKET: Final = "unix"
"""Whoever can open the gateway's socket."""

MEMBER: Final = re.compile(
    r"spiffe://[^\s*]+(/\*)?|dns:[^\s*]+|jwt:\S+#\S+|unix(:[0-9]{1,10})?", re.ASCII
)
PATTERN: Final = re.compile(r"[^\s*]+\*?|\*")
EXPECTED: Final = {
    "members": "must be spiffe://DOMAIN/PATH, spiffe://DOMAIN/PATH/*, dns:HOST, jwt:ISSUER#SUBJECT,"
    " unix:UID or unix",
    "": "must be an id, or the beginning of one and `*`",
}
TENANT: Final = r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"

Texts = Annotated[tuple[str, ...], Meta(min_length=1)]


class Binding(Form):
    """One entry: some callers, what they may do, and where."""

    members: Texts
    role: Role
    tenant: Annotated[str, Meta(pattern=TENANT)] | None = None
    connectors: Texts = EVERY
    actions: Texts = EVERY
    connections: Texts = EVERY

    @property
    def grant(self) -> Grant:
        """What it gives."""
        return Grant(
            role=self.role,
            connectors=_patterns(self.connectors),
            actions=_patterns(self.actions),
            connections=_patterns(self.connections),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What the file says of one caller."""

    tenant: str | None
    """None: it does not say whose caller it is."""
    grants: tuple[Grant, ...]
    member: str = ""
    """Which of the caller's names it was found by."""

    def of(self, tenant: str) -> tuple[Grant, ...]:
        """What is granted to a caller of that tenant."""
        return self.grants if self.tenant in (None, tenant) else ()


class Bindings:
    """The access file in memory, followed as it changes; without one nobody is bound."""

    def __init__(self, path: Path | None = None) -> None:
        """Takes the file; raises Misconfigured, naming each line, where it cannot be used."""
        self._path = path
        self._stamp = _stamp(path)
        self._bindings: tuple[Binding, ...] = ()
        self.edition = 0
        """Another one whenever the file was read."""
        if path is not None:
            try:
                self._bindings = read(_text(path), path.name)
            except (Fault, OSError) as problem:
                raise Misconfigured(f"access: {_why(path, problem)}") from None

    @property
    def is_kept(self) -> bool:
        """Whether there is a file."""
        return self._path is not None

    def find(self, names: Iterable[str]) -> Bound:
        """What is bound to a caller by any of its names.

        The first entry that says a tenant decides whose caller it is; entries of others do not
        count.
        """
        known = tuple(names)
        found = [
            (each, next(name for name in known if _is_member(name, each.members)))
            for each in self._bindings
            if any(_is_member(name, each.members) for name in known)
        ]
        tenant = next((each.tenant for each, _ in found if each.tenant is not None), None)
        ours = [each for each in found if each[0].tenant in (None, tenant)]
        return Bound(
            tenant=tenant,
            grants=tuple(each.grant for each, _ in ours),
            member=ours[0][1] if ours else "",
        )

    async def follow(self, interval: float = LOOK) -> None:
        """Takes the file as it changes, for as long as it runs; one with an error is not taken."""
        while self._path is not None:
            await asyncio.sleep(interval)
            self.look()

    def look(self) -> bool:
        """Takes the file where it has changed; answers whether it did."""
        path, stamp = self._path, _stamp(self._path)
        if path is None or stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self._bindings = read(_text(path), path.name)
        except (Fault, OSError) as problem:
            LOGGER.warning("access: the file of before stays in use: %s", _why(path, problem))
            return False
        self.edition += 1
        LOGGER.info("access: %s has %d entries now", path.name, len(self._bindings))
        return True


def read(text: str, source: str) -> tuple[Binding, ...]:
    """The entries of a file; raises InvalidRequest, InvalidSpec with line and field."""
    found = Findings(source)
    written, doubts = read_yaml(text, Limits(size=LARGEST))
    tree = as_doubles(written)
    for doubt in doubts:
        found.add(doubt.pointer, doubt.message)
    listed: Any = tree.get("access") if isinstance(tree, dict) else None
    if not isinstance(listed, list) or len(tree) > 1:
        found.add("", "must be a mapping with `access`, a list, and nothing else")
        raise found.fault(text)
    entries = [
        found.convert(each, Binding, f"/access/{number}") for number, each in enumerate(listed)
    ]
    for number, entry in enumerate(entries):
        if entry is not None:
            _check(entry, f"/access/{number}", found)
    if found:
        raise found.fault(text)
    return tuple(each for each in entries if each is not None)


def _check(entry: Binding, pointer: str, found: Findings) -> None:
    """Notes what is no member, and what is no pattern of ids."""
    for field in ("members", "connectors", "actions", "connections"):
        form = MEMBER if field == "members" else PATTERN
        for number, text in enumerate(getattr(entry, field)):
            if not form.fullmatch(text):
                found.add(f"{pointer}/{field}/{number}", EXPECTED.get(field, EXPECTED[""]))


def _is_member(name: str, members: Iterable[str]) -> bool:
    return any(
        name == each or (each.endswith("/*") and name.startswith(each[:-1])) for each in members
    )


def _patterns(given: tuple[str, ...]) -> tuple[str, ...]:
    return EVERY if "*" in given else given


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(LARGEST + 1).decode("utf-8", "replace")


def _stamp(path: Path | None) -> tuple[int, int, int]:
    try:
        found = path.stat() if path is not None else None
    except OSError:
        found = None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else (0, 0, 0)


def _why(path: Path, problem: Exception) -> str:
    if isinstance(problem, OSError):
        return f"{path}: {problem.strerror}"
    if isinstance(problem, InvalidSpec):
        return f"{path.name}: {problem.message}"
    return problem.message if isinstance(problem, Fault) else type(problem).__name__
