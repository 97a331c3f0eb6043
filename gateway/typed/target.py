"""Target: what a name in a typed package stands for, whoever has it."""

from functools import lru_cache
from itertools import takewhile
from typing import Final

import msgspec

from facade.model.names import ID, VersionName
from facade.spec.typed.naming import HOME, file_of, package_of, service_of

REMEMBERED: Final = 4096
"""Paths of methods that are kept read."""
LONGEST: Final = 512
"""Characters of such a path: longer ones are of no method that there is."""


class Target(msgspec.Struct, frozen=True, gc=False):
    """A method, by the words of its caller."""

    version: VersionName
    """Maybe `live`."""
    service: str
    """In full: `petstore.v1.PetstoreService`."""
    method: str


def version_of(package: str, tenant: str) -> VersionName | None:
    """The version of a tenant's that a package would be of; None: it is none of a version."""
    words = package.replace("_", "-").split(".")
    if len(words) > 2 and words[0] == HOME:
        words = words[1:]
    if len(words) != 2 or not all(map(ID.fullmatch, words)):
        return None
    connector, version = words
    name = VersionName(connector, version, tenant)
    return name if package_of(name) == package else None


def version_of_service(service: str, tenant: str) -> VersionName | None:
    """The same by the full name of its service."""
    package, _, own = service.rpartition(".")
    name = version_of(package, tenant)
    return name if name is not None and own == service_of(name.connector) else None


def is_service(service: str) -> bool:
    """Whether some version's service could have that full name."""
    return version_of_service(service, "") is not None


def target_of(path: str, tenant: str) -> Target | None:
    """What a path of HTTP/2 asks a tenant's version for; None: it is no typed method's."""
    return _remembered(path, tenant) if len(path) <= LONGEST else None


@lru_cache(REMEMBERED)
def _remembered(path: str, tenant: str) -> Target | None:
    service, _, method = path.removeprefix("/").partition("/")
    name = version_of_service(service, tenant)
    return None if name is None else Target(name, service, method)


def service_name(name: VersionName) -> str:
    """The full name of a version's service: `petstore.live.PetstoreService`."""
    return f"{package_of(name)}.{service_of(name.connector)}"


def version_of_symbol(symbol: str, tenant: str) -> VersionName | None:
    """The version in whose package a symbol would be; None: none could have it."""
    words = takewhile(lambda each: each[:1].islower(), symbol.split("."))
    return version_of(".".join(words), tenant)


def version_of_file(file: str, tenant: str) -> VersionName | None:
    """The version whose file would have that name; None: none could have it."""
    package = file.rpartition("/")[0].replace("/", ".")
    name = version_of(package, tenant)
    return name if name is not None and file_of(package) == file else None
