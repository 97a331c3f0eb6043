"""Places in JSON text: the slice that a path leads to, every digit as it stands."""

from typing import Any

import msgspec

from facade.model.paging import Path

LAST = "-1"
"""The token of an array's last item, which RFC 6901 does not have."""

MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
SCALAR = msgspec.json.Decoder(str | bool | None)


class TooDeep(ValueError):
    """JSON that is nested deeper than it can be taken apart."""


def slice_at(json: bytes, path: Path) -> bytes | None:
    """Gives the value that a path leads to, as it is written; None where it leads nowhere.

    `json` is known to be JSON. Raises TooDeep.
    """
    here: Any = json
    try:
        for token in path:
            here = _step(here, token)
            if here is None:
                return None
    except RecursionError:
        raise TooDeep from None
    return bytes(here)


def members_of(json: bytes) -> dict[str, bytes]:
    """Gives the members of an object, each as it is written; none for any other value."""
    try:
        return {name: bytes(each) for name, each in MEMBERS.decode(json).items()}
    except msgspec.DecodeError:
        return {}
    except RecursionError:
        raise TooDeep from None


def items_of(json: bytes) -> list[bytes] | None:
    """Gives the items of an array, each as it is written; None for any other value."""
    try:
        return [bytes(each) for each in ITEMS.decode(json)]
    except msgspec.DecodeError:
        return None
    except RecursionError:
        raise TooDeep from None


def text_of(json: bytes | None) -> str | None:
    """Gives a string's characters or a number's digits; None for any other value."""
    if json is None or json[:1] in b"{[tfn":
        return None
    return str(SCALAR.decode(json)) if json[:1] == b'"' else json.decode()


def _step(json: Any, token: str) -> Any:
    try:
        return MEMBERS.decode(json).get(token)
    except msgspec.DecodeError:
        pass
    if not (token.isdecimal() or token == LAST):
        return None
    try:
        items = ITEMS.decode(json)
    except msgspec.DecodeError:
        return None
    index = int(token[:10])
    return items[index] if index < len(items) and items else None
