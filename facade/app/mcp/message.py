"""Messages of JSON-RPC 2.0, one in each request, and the answers to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import msgspec
from starlette.responses import Response

from facade.app.api.told import ALWAYS, ENCODER

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
HEADER_MISMATCH: Final = -32020
UNSUPPORTED_VERSION: Final = -32022
"""The last two are MCP's own, of its edition 2026-07-28."""

BAD_REQUEST: Final = frozenset({PARSE_ERROR, INVALID_REQUEST, HEADER_MISMATCH, UNSUPPORTED_VERSION})
"""What is no request of MCP at all, and answered with 400 whichever edition it is."""

NOBODY: Final = b"null"
"""The id of a request that none can be read of."""

JSON: Final = "application/json"

Members = Mapping[str, msgspec.Raw]

NOTHING: Final[Members] = MappingProxyType({})

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
_ID = msgspec.json.Decoder(str | int)


class Refused(Exception):
    """What is answered in place of a result."""

    def __init__(self, code: int, text: str, data: Any = None) -> None:
        """Takes the code, one line for people, and what machines can read of it."""
        super().__init__(text)
        self.code = code
        self.text = text
        self.data = data


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request, or a notification, which nobody answers."""

    method: str
    id: bytes | None
    """As it is written; None: a notification."""
    params: Members = field(repr=False)

    def text(self, name: str) -> str | None:
        """A parameter that is a string; None where it is not given; raises Refused for another."""
        raw = self.params.get(name)
        return None if raw is None else text_of(raw, f"params.{name}")

    def members(self, name: str) -> Members:
        """The members of a parameter that is an object; raises Refused for another."""
        raw = self.params.get(name)
        return NOTHING if raw is None else members_of(raw, f"params.{name}")


def id_of(body: bytes) -> bytes:
    """The id in a body, as far as one can be read, for its refusal."""
    try:
        return _id(_MEMBERS.decode(body)) or NOBODY
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOBODY


def read(body: bytes) -> Message:
    """Reads the one message that a body is; raises Refused."""
    try:
        body.decode()  # all of it: what is read of it later is not looked at here
        members = _MEMBERS.decode(body)
    except msgspec.ValidationError:
        raise Refused(
            INVALID_REQUEST, "The body must be one request; batches are not taken."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(PARSE_ERROR, "The body is not JSON, or nested too deep.") from None
    if _text(members.get("jsonrpc")) != "2.0":
        raise Refused(INVALID_REQUEST, '`jsonrpc` must be "2.0".')
    method = _text(members.get("method"))
    if method is None:
        raise Refused(INVALID_REQUEST, "`method` must be a string.")
    message_id = _id(members)
    if "id" in members and message_id is None:
        raise Refused(INVALID_REQUEST, "`id` must be a string or an integer.")
    given = members.get("params")
    params = NOTHING if given is None else members_of(given, "params", INVALID_REQUEST)
    return Message(method=method, id=message_id, params=params)


def members_of(raw: msgspec.Raw, field_name: str, code: int = INVALID_PARAMS) -> Members:
    """The members of an object; raises Refused for anything else."""
    try:
        return _MEMBERS.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        raise Refused(code, f"`{field_name}` must be an object.") from None


def text_of(raw: msgspec.Raw, field_name: str) -> str:
    """A string; raises Refused for anything else."""
    text = _text(raw)
    if text is None:
        raise Refused(INVALID_PARAMS, f"`{field_name}` must be a string.")
    return text


def answer(message_id: bytes, result: Any) -> Response:
    """A result; msgspec.Raw within it goes as it is."""
    return _response({"jsonrpc": "2.0", "id": msgspec.Raw(message_id), "result": result}, 200)


def refusal(message_id: bytes, refused: Refused, status: int) -> Response:
    """An error."""
    error: dict[str, Any] = {"code": refused.code, "message": refused.text}
    if refused.data is not None:
        error["data"] = refused.data
    return _response({"jsonrpc": "2.0", "id": msgspec.Raw(message_id), "error": error}, status)


def taken() -> Response:
    """The answer to a notification."""
    return Response(status_code=202, headers=ALWAYS)


def _id(members: Members) -> bytes | None:
    """The id, as it is written; None where there is none, or no string or integer."""
    raw = bytes(members.get("id", b""))
    try:
        _ID.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return raw


def _text(raw: msgspec.Raw | None) -> str | None:
    if raw is None:
        return None
    try:
        return _TEXT.decode(raw)
    except msgspec.DecodeError:
        return None


def _response(tree: dict[str, Any], status: int) -> Response:
    return Response(ENCODER.encode(tree), status, headers=ALWAYS, media_type=JSON)
