"""What an update sends: the fields that change, or the whole with them in it; pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from facade.entities.shape import Shape, body_of
from facade.model.action import Action, Location
from facade.model.call import Arguments
from facade.transcode.arguments import parse

MERGE = "application/merge-patch+json"
"""RFC 7396: what is null goes."""

IF_MATCH = "if-match"

BODY = "body"

MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
NULL = b"null"


def body_argument(text: str) -> Arguments:
    """The whole body as an argument, byte for byte; `text` is JSON; raises InvalidParameters."""
    return parse(f'{{"{BODY}":{text}}}')


def checked(text: str) -> str:
    """The text, which is JSON within bounds; raises InvalidParameters."""
    return body_argument(text)[BODY].text


def patch_type(action: Action) -> str:
    """The media type to send changes in: merge patches where they are declared; else by rule."""
    media = action.body.media if action.body is not None else ()
    declared = [each.type for each in media if each.type.partition(";")[0].strip() == MERGE]
    return declared[0] if declared else ""


def merged(whole: bytes, changes: bytes) -> bytes:
    """An entity with some of its fields changed, as RFC 7396 has it; every digit stays."""
    changing = _members(changes)
    if changing is None:
        return changes
    members = _members(whole) or {}
    for name, each in changing.items():
        raw = bytes(each)
        if raw.strip() == NULL:
            members.pop(name, None)
        else:
            before = bytes(members[name]) if name in members else NULL
            members[name] = msgspec.Raw(merged(before, raw))
    return msgspec.json.encode(members)


def replacement(whole: bytes, changes: bytes, action: Action) -> bytes:
    """The body of a PUT: what GET answered, less what PUT does not take, with the changes in it.

    What changes stays though PUT may not take it: that is for the caller to be told of.
    """
    shape = body_of(action)
    taken = {name: each for name, each in (_members(whole) or {}).items() if _takes(shape, name)}
    return merged(msgspec.json.encode(taken), changes)


def condition(action: Action, etag: str) -> Mapping[str, Any]:
    """The argument that makes a PUT fail where others were faster; none where it takes none."""
    known = (
        each
        for each in action.parameters
        if each.location is Location.HEADER and each.name.lower() == IF_MATCH
    )
    key = next((each.key for each in known), "") if etag else ""
    return parse(msgspec.json.encode({key: etag}).decode()) if key else {}


def _takes(shape: Shape, name: str) -> bool:
    known = shape.fields.get(name)
    if known is None:
        return not shape.is_closed
    return known.said("readOnly") is not True and known.schema is not False


def _members(json: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return MEMBERS.decode(json)
    except msgspec.DecodeError:
        return None
