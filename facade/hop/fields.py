"""Fields: what a gateway hands to the facade beside a call, as fields of the request."""

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from facade.model.call import NOBODY, CacheUse, Caller, Headers
from facade.model.field_names import HOP

TENANT = "portico-tenant"
CONNECTION = "portico-connection"
SUBJECT = "portico-subject"
REQUEST_ID = "portico-request-id"
TIMEOUT = "portico-timeout"
CACHE = "portico-cache"
MAX_WAIT = "portico-max-wait"
STREAM = "portico-stream"
HOPS = "portico-hops"
SIGNATURE = "portico-signature"

TEXTS = (TENANT, CONNECTION, SUBJECT, REQUEST_ID)
"""What is told in words."""

VISIBLE = "!\"#$&'()*+,/:;<=>?@[\\]^`{|}"
"""What a text has in a field as it is, beside what a URL never encodes; all else as `%XX`."""

COUNT = re.compile(r"[0-9]{1,4}")
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


class Handed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """On whose behalf, by when and how a gateway has a call made."""

    tenant: str = ""
    connection: str = ""
    subject: str = ""
    request_id: str = ""
    timeout: float | None = None
    """Seconds that are left of the caller's deadline; None: there is none beside the version's."""
    cache_use: CacheUse = CacheUse.POLICY
    max_wait: float = 0.0
    """Seconds that the call may wait for its turn."""
    stream: bool = False
    """Whether the answer is read as it comes."""
    hops: int = 0
    """Facades that the call has come to, this one included."""

    @property
    def caller(self) -> Caller:
        """On whose behalf the call is made."""
        if not (self.tenant or self.connection or self.subject):
            return NOBODY
        return Caller(tenant=self.tenant, connection=self.connection, subject=self.subject)


NOTHING = Handed()
"""What is handed over where nobody who is believed says anything."""


def write(handed: Handed) -> Headers:
    """The fields of what is handed over; what says nothing is left out."""
    texts = handed.tenant, handed.connection, handed.subject, handed.request_id
    fields: list[tuple[str, str]] = []
    if any(texts):
        told = zip(TEXTS, texts, strict=True)
        fields = [(name, quote(text, safe=VISIBLE)) for name, text in told if text]
    if handed.timeout is not None:
        fields.append((TIMEOUT, f"{handed.timeout:.3f}"))
    if handed.cache_use is not CacheUse.POLICY:
        fields.append((CACHE, handed.cache_use.value))
    if handed.max_wait:
        fields.append((MAX_WAIT, f"{handed.max_wait:.3f}"))
    if handed.stream:
        fields.append((STREAM, "?1"))
    if handed.hops:
        fields.append((HOPS, str(handed.hops)))
    return tuple(fields)


def own(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields that only a hop has, of whatever release; names are in lower case."""
    return [each for each in headers if each[0].startswith(HOP)]


def read(headers: Iterable[tuple[str, str]]) -> Handed:
    """Reads what `write` wrote, also of another release: what is not understood says nothing."""
    said: dict[str, Any] = {}
    for name, text in headers:
        reader = _READERS.get(name)
        if reader is not None and reader[0] not in said:
            value = reader[1](text)
            if value is not None:
                said[reader[0]] = value
    return Handed(**said)


def read_seconds(text: str) -> float | None:
    """Seconds as a field says them: `2.5`; None where it says none."""
    return float(text) if SECONDS.fullmatch(text) else None


def read_count(text: str) -> int | None:
    """A number of few digits; None where it is none."""
    return int(text) if COUNT.fullmatch(text) else None


def _cache_use(text: str) -> CacheUse | None:
    return CacheUse(text) if text in set(CacheUse) else None


_READERS: Mapping[str, tuple[str, Callable[[str], object]]] = MappingProxyType(
    {
        TENANT: ("tenant", unquote),
        CONNECTION: ("connection", unquote),
        SUBJECT: ("subject", unquote),
        REQUEST_ID: ("request_id", unquote),
        TIMEOUT: ("timeout", read_seconds),
        CACHE: ("cache_use", _cache_use),
        MAX_WAIT: ("max_wait", read_seconds),
        STREAM: ("stream", lambda text: text == "?1"),
        HOPS: ("hops", read_count),
    }
)
