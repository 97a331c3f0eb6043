"""A document with what Envoy's reverse transcoder can carry and what not, and its backend."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes import answer

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
SMALL = {"type": "integer", "format": "int32"}
KIND = {"type": "string", "enum": ["red", "dark_blue"]}
NULLABLE = {"type": ["number", "null"]}
DONE = {"204": {"description": ""}}

THING: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "shortName": TEXT,
        "count": SMALL,
        "share": {"type": "number"},
        "speed": {"type": "number", "format": "float"},
        "isNew": {"type": "boolean"},
        "kind": KIND,
        "tags": {"type": "array", "items": TEXT},
        "prices": {"type": "object", "additionalProperties": {"type": "number"}},
        "photo": {"type": "string", "format": "byte"},
        "extra": {"type": "object"},
        "anything": {},
        "part": {"$ref": "#/components/schemas/Thing"},
        "nick": {"type": ["string", "null"]},
    },
}
SEEN: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "id": WHOLE,
        "x-mark": TEXT,
        "kind": KIND,
        "parts": {"type": "array", "items": THING},
    },
}


def _query(name: str, schema: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def _path(name: str, schema: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema, **more}


def _says(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"200": {"description": "", "content": {kind: {"schema": schema} if schema else {}}}}


def _takes(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}


def _gets(name: str, *parameters: Any, says: Any = None, **more: Any) -> dict[str, Any]:
    given = {"operationId": name, "parameters": list(parameters), "responses": says or DONE}
    return {**given, **more}


ID = _path("thingId", WHOLE)
SORT = [
    _query("q", TEXT),
    _query("sortBy", {"type": "array", "items": TEXT}),
    _query("ratio", {"type": "number"}),
    _query("isNew", {"type": "boolean"}),
    _query("kind", KIND),
    _query("kinds", {"type": "array", "items": KIND}),
    _query("seed", {"type": "integer", "format": "uint64"}),
    _query("thing_id", TEXT),
]
PATHS: Mapping[str, Any] = {
    "/things/{thingId}": {
        "get": _gets("getThing", ID, *SORT, says=_says({"$ref": "#/components/schemas/Seen"})),
        "put": _gets(
            "putThing",
            ID,
            says=_says({"$ref": "#/components/schemas/Thing"}),
            requestBody=_takes({"$ref": "#/components/schemas/Thing"}),
        ),
        "delete": _gets("deleteThing", ID),
        "head": _gets("seeThing", ID),
    },
    "/things/{thingId}:cancel": {"post": _gets("cancelThing", ID)},
    "/files/{path}": {
        "get": _gets(
            "getFile",
            _path("path", TEXT, **{"x-multi-segment": True}),
            says=_says(None, "image/png"),
        )
    },
    "/at/{share}/{mark}": {
        "post": _gets("mark", _path("share", {"type": "number"}), _path("mark", TEXT))
    },
    "/list": {"get": _gets("listAny", says=_says({"type": "array", "items": {}}))},
    "/map": {
        "get": _gets("mapAny", says=_says({"type": "object", "additionalProperties": NULLABLE}))
    },
    "/tags": {"put": _gets("putTags", requestBody=_takes({"type": "array", "items": TEXT}))},
    "/whole": {
        "put": _gets("putWhole", requestBody=_takes({"type": "object", "properties": {"n": WHOLE}}))
    },
    "/choice": {"put": _gets("putChoice", requestBody=_takes({"type": ["string", "number"]}))},
    "/grid": {
        "put": _gets(
            "putGrid",
            requestBody=_takes({"type": "array", "items": {"type": "array", "items": TEXT}}),
        )
    },
    "/dashed": {
        "put": _gets(
            "putDashed", requestBody=_takes({"type": "object", "properties": {"x-n": TEXT}})
        )
    },
    "/form": {
        "post": _gets(
            "postForm",
            requestBody=_takes(
                {"type": "object", "properties": {"a": TEXT}}, "application/x-www-form-urlencoded"
            ),
        )
    },
    "/header": {"get": _gets("byHeader", {"name": "X-Tag", "in": "header", "schema": TEXT})},
    "/cookie": {"get": _gets("byCookie", {"name": "tag", "in": "cookie", "schema": TEXT})},
    "/query": {
        "get": _gets(
            "byQuery",
            _query("page-size", WHOLE),
            _query("ids", {"type": "array", "items": WHOLE}, explode=False),
            _query("where", {"type": "object", "properties": {"a": TEXT}}, style="deepObject"),
            _query("url", TEXT, allowReserved=True),
            _query("legs", {"type": "integer", "enum": [2, 4]}),
        )
    },
    "/things": {"get": _gets("listThings", says=_says({"type": "array", "items": THING}))},
    "/count": {"get": _gets("countThings", says=_says(WHOLE))},
    "/either": {
        "get": _gets(
            "either",
            says={
                **_says(THING),
                "202": {"description": "", "content": {"application/json": {"schema": SEEN}}},
            },
        )
    },
    "/level": {
        "get": _gets(
            "level",
            says=_says(
                {
                    "type": "object",
                    "properties": {"level": {"type": "string", "enum": ["1st", "2nd"]}},
                }
            ),
        )
    },
    "/events": {"get": _gets("watch", says=_says(None, "text/event-stream"))},
}
COMPONENTS = {"schemas": {"Thing": THING, "Seen": SEEN}}

CARRIED: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("GetThing", {"thing_id": "9007199254740993"}),
    (
        "GetThing",
        {
            "thing_id": "-1",
            "q": "a b/ü&+%=?",
            "sort_by": ["x,y", "z"],
            "ratio": 2.5,
            "is_new": False,
            "kind": "GET_THING_REQUEST_KIND_DARK_BLUE",
            "kinds": ["GET_THING_REQUEST_KINDS_ITEM_RED", "GET_THING_REQUEST_KINDS_ITEM_DARK_BLUE"],
            "seed": "18446744073709551615",
        },
    ),
    (
        "PutThing",
        {
            "thing_id": "7",
            "body": {
                "short_name": 'é\n"',
                "count": -3,
                "share": 1e21,
                "speed": 0.1,
                "is_new": False,
                "kind": "THING_KIND_DARK_BLUE",
                "tags": ["a", ""],
                "prices": {"a b": 1.5, "": 2},
                "photo": "//4=",
                "extra": {"n": 1, "none": None, "deep": [{"a": []}]},
                "anything": [1, "x", None],
                "part": {"part": {"short_name": ""}, "nick": "n"},
            },
        },
    ),
    ("PutThing", {"thing_id": "0", "body": {}}),
    ("PutThing", {"thing_id": "0", "body": {"short_name": "long" * 2**19}}),
    ("DeleteThing", {"thing_id": "7"}),
    ("SeeThing", {"thing_id": "7"}),
    ("CancelThing", {"thing_id": "7"}),
    ("GetFile", {"path": "a/b c/ü?#"}),
    ("Mark", {"share": 1.0, "mark": "a~b 'c'(d)*!$,;:@&=+/?#[]%25ü"}),
    ("Mark", {"share": 1e21, "mark": "-"}),
    ("GetThing", {"thing_id": "1", "q": "", "ratio": 0, "sort_by": [""], "kinds": []}),
    ("ListAny", {}),
    ("MapAny", {}),
    ("PutTags", {"body": ["a", "b"]}),
)
"""Calls of methods that Envoy carries."""


def respond(request: bytes) -> bytes:
    """An answer of the schema of whatever is asked for."""
    method, target = request.split(b" HTTP")[0].decode().split(" ")
    path = target.removeprefix("/base").partition("?")[0]
    if (
        method in {"DELETE", "HEAD"}
        or path.startswith("/at/")
        or path.endswith(":cancel")
        or path == "/tags"
    ):
        return answer(status=204)
    if path.startswith("/files/"):
        return answer(b"\x89PNG\x00", headers=(("Content-Type", "image/png"),))
    body = request.partition(b"\r\n\r\n")[2] or FIXED.get(path, FOUND)
    return answer(body, headers=(("Content-Type", "application/json"),))


FOUND = b"""{"id": 9007199254740993, "x-mark": "m", "kind": "dark_blue", "more": {"a": [1]},
 "parts": [{"shortName": "p", "share": 0, "prices": {"a": 1}, "photo": "//4=",
 "extra": {"q": null}}]}"""
FIXED = {"/list": b'[1, "x", {"a": null}]', "/map": b'{"a": 1.5, "b": null}'}
