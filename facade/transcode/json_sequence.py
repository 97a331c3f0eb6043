"""Several JSON values in one text: a line each, or a record each (sequential media types)."""

from collections.abc import Mapping
from types import MappingProxyType

from facade.model.action import Media
from facade.transcode.json_text import SPACE, is_json
from facade.transcode.media_type import MediaType

LINE = b"\n"
RECORD = b"\x1e"
"""What a record begins with (RFC 7464 section 2.2)."""

SEPARATORS: Mapping[str, bytes] = MappingProxyType(
    {
        "application/json-seq": RECORD,
        "application/jsonl": LINE,
        "application/ndjson": LINE,
        "application/x-jsonl": LINE,
        "application/x-jsonlines": LINE,
        "application/x-ndjson": LINE,
    }
)


def separator_of(kind: MediaType) -> bytes | None:
    """Gives what stands between the values of a type; None where it is no sequence of JSON."""
    return RECORD if kind.subtype.endswith("+json-seq") else SEPARATORS.get(kind.essence)


def is_array(media: Media) -> bool:
    """Tells whether the document describes the sequence, or its items: as an array of them."""
    schema = media.schema
    return isinstance(schema, Mapping) and schema.get("type") in ("array", ["array"])


def to_array(data: bytes, separator: bytes) -> bytes | None:
    """Makes one JSON array of the values, each as it is written; None where one is no JSON.

    Empty lines and records are passed over.
    """
    items = [item for each in data.split(separator) if (item := each.strip(SPACE))]
    return b"[%b]" % b",".join(items) if all(map(is_json, items)) else None
