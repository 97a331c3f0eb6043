"""Naming: words of a document as names of proto, in the style that buf's lint asks for."""

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import lru_cache
from hashlib import sha256
from typing import Final

from facade.model.names import VersionName

HUMP: Final = re.compile(
    r"(?<=[a-z])(?=[A-Z])"
    r"|(?<=[A-Z0-9])(?=[A-Z](?:[a-rt-z]|s[a-z]))"
)
"""Where a word begins within one: `petId`, `HTTPCode`, `oauth2Token`; `IDs` is one word."""
GAP: Final = re.compile(r"[^A-Za-z0-9]+")
UNSPEAKABLE: Final = frozenset({"None", "True", "False"})
"""What Python has no attribute for, so that its stubs could not be read."""
FOREIGN: Final = frozenset({"gateway", "google", "grpc", "portico", "envoy", "buf"})
"""The first words of packages that are others'."""
HOME: Final = "connectors"
MAX_NAME: Final = 120
"""Characters of a name, before what tells it from others."""
REMEMBERED: Final = 4096
"""Words whose names are at hand: documents repeat theirs."""
DIGITS: Final = (6, 12, 64)
"""How many of a hash tell names apart."""


@lru_cache(REMEMBERED)
def snake(text: str) -> str:
    """The name of a field: `petId` is pet_id."""
    words = _words(text)
    if words and words[0][0].isdigit():
        words.insert(0, "n")
    return _cut("_".join(words).lower(), "_") or f"n_{digest(text)[:6]}"


@lru_cache(REMEMBERED)
def camel(text: str) -> str:
    """The name of a message, an enum or a method: `list-pets` is ListPets, `HTTPCode` stays."""
    chunks = [each for each in GAP.split(_ascii(text)) if each]
    shouted = len(chunks) > 1 and all(each.isupper() or each.isdigit() for each in chunks)
    written = "".join(
        each.capitalize() if shouted else each[0].upper() + each[1:] for each in chunks
    )
    if not written:
        return f"N{digest(text)[:6]}"
    name = _cut(f"N{written}" if written[0].isdigit() else written)
    return f"{name}Value" if name in UNSPEAKABLE else name


def shout(text: str) -> str:
    """The name of an enum's value, behind the prefix of its enum: `on hold` is ON_HOLD, -4 MINUS_4.

    It may begin with a digit.
    """
    minus = "minus_" if re.match(r"[-\N{MINUS SIGN}]\w", text) else ""
    name = _cut("_".join(_words(minus + text)).upper(), "_")
    return name or f"N_{digest(text)[:6].upper()}"


def same(name: str) -> str:
    """What is equal for two names that some language, or JSON, cannot tell apart."""
    return name.replace("_", "").lower()


def distinct(name: str, key: str, taken: Collection[str], tail: Callable[[str], str]) -> str:
    """A name that is none of those taken (each as `same` says it), told apart by its key's hash."""
    if same(name) not in taken:
        return name
    candidates = [f"{name}{tail(digest(key)[:size])}" for size in DIGITS]
    return next((each for each in candidates if same(each) not in taken), candidates[-1])


def digest(text: str) -> str:
    """By which what has the same name is told apart; lower case."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def package_of(name: VersionName) -> str:
    """The package of a version: `petstore.v1`; `petstore.live` of the version that serves."""
    package = f"{name.connector}.{name.version}".replace("-", "_")
    return f"{HOME}.{package}" if package.partition(".")[0] in FOREIGN else package


def service_of(connector: str) -> str:
    """The service of a connector: `PetstoreService`."""
    return f"{camel(connector)}Service"


def file_of(package: str) -> str:
    """The one file of a package: `petstore/v1/petstore.proto`."""
    words = package.split(".")
    return f"{'/'.join(words)}/{words[-2]}.proto"


def _words(text: str) -> list[str]:
    return [each for each in GAP.split(HUMP.sub("_", _ascii(text))) if each]


def _ascii(text: str) -> str:
    """Without accents; what has no letter of ASCII is a gap."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text)
    return "".join(each for each in plain if not unicodedata.combining(each))


def _cut(name: str, tail: str = "") -> str:
    """A name of bearable length, the end of which tells what it would have been."""
    if len(name) <= MAX_NAME:
        return name
    return f"{name[:MAX_NAME].rstrip('_')}{tail}{digest(name)[:6]}"
