"""Answers of a backend that a document declares, sampled from its schemas."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from facade.model.action import Action, Media
from tests.conformance.keywords import Impossible
from tests.conformance.patterns import seeded
from tests.conformance.sampling import sample
from tests.fakes import answer

BYTES = b"\x00\xff--Rex\r\n"


@dataclass(frozen=True)
class Said:
    """One answer."""

    kind: str
    """Status and media type, for people."""
    wire: bytes


def answers(action: Action) -> Iterator[Said]:
    """One for each success and media type that is declared."""
    listed = [each for each in action.responses if each.status[0] == "2"]
    listed = listed or [each for each in action.responses if each.status == "default"]
    if not listed:
        yield Said("204", answer(status=204))
    for each in listed:
        status = int(each.status) if each.status.isdecimal() else 200
        if not each.media:
            yield Said(each.status, answer(status=status))
        for media in each.media:
            body = body_of(action, media)
            if body is not None:
                sent = media.type.replace("*", "json" if "*/" in media.type else "plain")
                fields = (("Content-Type", sent), ("X-Own", "1"), ("Age", "3"))
                wire = answer(body, status=status, headers=fields)
                yield Said(f"{each.status} {sent}", wire)


def body_of(action: Action, media: Media) -> bytes | None:
    """A body of a media type; None where its schema allows nothing that was found."""
    random = seeded(f"{action.method} {action.path} {media.type}")
    essence = media.type.partition(";")[0].strip().lower()
    if not essence.endswith(("json", "xml", "*")):
        return b"a,b" if essence.startswith("text/") else BYTES
    try:
        value = sample(media.schema, random)
    except Impossible:
        return None
    if essence.endswith("xml"):
        return f"<a>{elements(value)}</a>".encode()
    return json.dumps(value, ensure_ascii=False).encode()


def elements(value: Any) -> str:
    """JSON as XML of the plainest form."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{elements(each)}</{name}>" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{elements(each)}</item>" for each in value)
    return escape(value if isinstance(value, str) else json.dumps(value))
