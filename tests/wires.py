"""A gateway and the backend behind it: what of a call arrives there."""

import re
from dataclasses import dataclass

from tests.doors import Door
from tests.fakes import HttpBackend

BOUNDARY = re.compile(rb'boundary="?(portico-[0-9a-f]+)"?')
CONTENT_TYPE = re.compile(rb"(?i)\r\ncontent-type: ([^\r]*)")


@dataclass(frozen=True)
class Wire:
    """A door and the backend that its calls go to."""

    door: Door
    backend: HttpBackend

    def received(self) -> tuple[str | None, bytes]:
        """The last request's content type and body, a random boundary of them called B."""
        head, _, body = self.backend.requests[-1].partition(b"\r\n\r\n")
        sent = CONTENT_TYPE.search(head)
        content_type = sent[1] if sent else b""
        found = BOUNDARY.search(content_type)
        if found:
            content_type = content_type.replace(found[1], b"B")
            body = body.replace(found[1], b"B")
        return (content_type.decode() if sent else None), body
