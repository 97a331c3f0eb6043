"""A facade as a gateway sees one: it believes what is signed, and marks its answers."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facade.errors.fault import Fault
from facade.errors.http import http_status
from facade.hop.acceptance import Acceptance
from facade.hop.envelope import envelope
from facade.hop.fields import Handed
from facade.hop.mark import of_fault, of_reply
from facade.hop.signature import Keys
from facade.model.call import Attempt, CacheStatus, Exchange, Headers, Reply
from gateway.v1.version_pb2 import Indirect
from tests.fakes import HttpBackend, answer

KEY = b"k" * 32

ACCEPTANCE = Acceptance(Keys(lambda: (KEY,)))

FAR = "http://backend.example"


def key_file(folder: Path, key: bytes = KEY) -> Path:
    """The file of a key that signs hops, in the folder."""
    path = folder / "hop-key"
    path.write_text(base64.b64encode(key).decode() + "\n")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the facade got it."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> list[str]:
        """The values of a field."""
        return [value for key, value in self.headers if key == name]

    @property
    def handed(self) -> Handed:
        """What it believes of what it was handed; raises HopUntrusted."""
        return ACCEPTANCE.handed(self.method, self.target, self.headers, self.body)


class Facade(HttpBackend):
    """Answers each request as it is told to, and remembers them."""

    def __init__(self, respond: Callable[[Asked], bytes] | bytes | None = None) -> None:
        said = marked({"ok": True}) if respond is None else respond
        super().__init__(lambda raw: said if isinstance(said, bytes) else said(read(raw)))

    @property
    def asked(self) -> list[Asked]:
        """Every request so far."""
        return [read(each) for each in self.requests]

    @property
    def handed(self) -> list[Handed]:
        """What each of them handed over."""
        return [each.handed for each in self.asked]

    def indirect(self, **fields: Any) -> Indirect:
        """What a version says that goes through it."""
        return Indirect(facade_uri=self.origin, **fields)


def read(raw: bytes) -> Asked:
    """A request, from how it stood on the wire."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    fields = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in fields)
    return Asked(method=method, target=target, headers=headers, body=body)


JSON_TYPE = ("Content-Type", "application/json")


def marked(
    said: object = None,
    status: int = 200,
    headers: Headers = (),
    *,
    attempts: int = 1,
    cache: CacheStatus = CacheStatus.MISS,
    age: float | None = None,
    told: dict[str, str] | None = None,
) -> bytes:
    """An answer that is the backend's, with the facade's marks."""
    exchange = Exchange(
        method="",
        uri="",
        request_headers=(),
        reply=Reply(status=status, headers=(), body=b""),
        attempts=(Attempt(status=status, seconds=0.001),) * attempts,
        trace_id="0" * 31 + "1",
        cache=cache,
        age=age,
    )
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    marks = of_reply(exchange, told or {}, 0.002, to_gateway=True)
    return answer(body, status=status, headers=(JSON_TYPE, *headers, *marks))


def faulty(fault: Fault) -> bytes:
    """An answer of the facade's own: a fault."""
    marks = of_fault(fault, "0" * 31 + "1", 0.002)
    body = envelope(fault, "0" * 31 + "1")
    return answer(body, status=http_status(fault), headers=(JSON_TYPE, *marks))
