"""Bodies that are sequences: JSON values by line or record, and events (OAS 3.2 section 4.14.2)."""

import re
from collections.abc import Iterator
from typing import Any

from facade.model.call import Argument
from facade.transcode.body.content import OPAQUE, Content, Option, Written
from facade.transcode.body.form import items_of, members_of, text_of
from facade.transcode.json_sequence import RECORD, separator_of
from facade.transcode.media_type import MediaType

EVENTS = "text/event-stream"
FIELDS = frozenset({"data", "event", "id", "retry"})
BREAK = re.compile(r"\r\n|\r|\n")
LINE_BREAKS = str.maketrans("", "", "\r\n")


def is_sequence(kind: MediaType) -> bool:
    """Tells whether a type is a sequence that an array becomes."""
    return kind.essence == EVENTS or separator_of(kind) is not None


def write_sequence(content: Content) -> Written:
    """Writes a string as it is, and each item of an array by its own text.

    An object is an array of one. White space that would break a line within an item is left out;
    a record (RFC 7464 section 2.2) keeps it.
    """
    argument = content.argument
    if isinstance(argument.value, str):
        return content.type.text, content.encoded(argument.value)
    items = items_of(argument) if isinstance(argument.value, list) else [argument]
    if content.type.essence == EVENTS:
        text = "".join(f"{line}\n" for each in items for line in _event(each, content))
    elif separator_of(content.type) == RECORD:
        text = "".join(f"\x1e{each.text}\n" for each in items)
    else:
        text = "".join(f"{each.text.translate(LINE_BREAKS)}\n" for each in items)
    return content.type.text, content.encoded(text)


def judged(value: Any, option: Option) -> Any:
    """What of it the schema speaks of: the array."""
    del option
    if isinstance(value, str):
        return OPAQUE
    return value if isinstance(value, list) else [value]


def _event(event: Argument, content: Content) -> Iterator[str]:
    """The lines of one event (HTML section 9.2.5); text of several lines is several fields.

    An event that is no object is its data.
    """
    members = members_of(event) if isinstance(event.value, dict) else {"data": event}
    for name, member in members.items():
        lines = BREAK.split(text_of(member))
        if name not in FIELDS or (len(lines) > 1 and name != "data"):
            description = "holds an event with fields that are not data, event, id and retry"
            raise content.refused(f"{description}, or with a line break in one but data")
        yield from (f"{name}: {line}" for line in lines)
    yield ""
