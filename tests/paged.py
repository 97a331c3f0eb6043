"""A backend that pages in every way, and walks over its pages through StreamAction."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import grpc
from google.protobuf.json_format import MessageToDict
from grpc_status import rpc_status

from gateway.v1 import paging_pb2 as pages_pb
from gateway.v1 import stream_pb2 as pb
from gateway.v1.stream_pb2_grpc import StreamServiceStub
from tests.doors import Door, Refusal, document, named, read_status
from tests.fakes import HttpBackend, RawBackend, answer

ITEMS = [f'{{"id": "i{number}", "n": {9007199254740993 + number}}}' for number in range(5)]
"""As they are written; no double holds their numbers."""
SIZE = 2

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
LIST = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT, "n": NUMBER}}}

Asked = tuple[str, dict[str, str]]
"""Path and query of a request."""
Respond = Callable[[str, dict[str, str]], bytes]


def paged(schema: Any, headers: Any = None, method: str = "get", **query: Any) -> dict[str, Any]:
    """An operation whose answer is paged."""
    media = {"application/json": {"schema": schema}}
    response = {"description": "", "content": media, **({"headers": headers} if headers else {})}
    parameters = [{"name": name, "in": "query", "schema": each} for name, each in query.items()]
    return {method: {"parameters": parameters, "responses": {"200": response}}}


def listed(**beside: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"items": LIST, **beside}}


PATHS: dict[str, Any] = {
    "/link": paged(LIST, {"Link": {"schema": TEXT}}, per_page=NUMBER),
    "/url": paged(listed(next_url=TEXT), limit=NUMBER),
    "/cursor": paged(listed(next_cursor={"type": ["string", "null"]}), cursor=TEXT),
    "/number": paged(listed(next_cursor=NUMBER), cursor=NUMBER),
    "/last": paged(listed(has_more={"type": "boolean"}), starting_after=TEXT),
    "/page": paged(LIST, page={"type": "integer", "default": 1}, per_page=NUMBER),
    "/offset": paged(listed(total=NUMBER), offset=NUMBER, limit=NUMBER),
    "/plain": paged({"type": "object"}, limit=NUMBER, page=NUMBER),
    "/search": paged(listed(next_cursor=TEXT), method="post"),
}
PATHS["/search"]["post"]["requestBody"] = {
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"q": TEXT, "start_cursor": TEXT}}
        }
    }
}
for path, item in PATHS.items():
    next(iter(item.values()))["operationId"] = path[1:]

SPEC = document(PATHS)


def asked(request: bytes) -> Asked:
    target = urlsplit(request.split(b" ")[1].decode())
    return target.path, dict(parse_qsl(target.query, keep_blank_values=True))


def page(start: int) -> str:
    return f"[{','.join(ITEMS[start : start + SIZE])}]"


def said(body: str, **headers: str) -> bytes:
    fields = (("Content-Type", "application/json"), *headers.items())
    return answer(body.encode(), headers=fields)


def _by_start(path: str, start: int, following: str) -> bytes:
    """A page that tells the next one in the way of its path."""
    more = following if start + SIZE < len(ITEMS) else ""
    if path == "/link":
        links = f'</v1/link?at={more}&x=%2f%2F>; rel="next", </v1/link>; rel="first"'
        return said(page(start), Link=links if more else '</v1/link>; rel="first"')
    beside = {
        "/url": f'"next_url": {json.dumps(f"?at={more}&x=a+b") if more else "null"}',
        "/cursor": f'"next_cursor": {json.dumps(f"c/+={more}") if more else "null"}',
        "/number": f'"next_cursor": {f"1844674407370955161{more}" if more else "null"}',
        "/last": f'"has_more": {json.dumps(bool(more))}',
        "/search": f'"next_cursor": {json.dumps(more)}',
        "/offset": f'"total": {len(ITEMS)}',
    }
    return said(f'{{"items": {page(start)}, {beside[path]}}}')


def pages(path: str, query: Mapping[str, str]) -> bytes:
    """The backend's answer to any of the paths."""
    path = path.removeprefix("/v1")
    if path == "/page":
        return said(page((int(query.get("page", "1")) - 1) * SIZE))
    if path == "/plain":
        return said(f'{{"a": {page((int(query.get("page", "1")) - 1) * SIZE)}, "b": []}}')
    marks = {
        "/link": query.get("at", "0"),
        "/url": query.get("at", "0"),
        "/cursor": query.get("cursor", "c/+=0").removeprefix("c/+="),
        "/number": query.get("cursor", "0")[-1],
        "/last": str(int(query.get("starting_after", "i-1")[1:]) + 1),
        "/offset": query.get("offset", "0"),
    }
    start = int(marks[path])
    return _by_start(path, start, str(start + SIZE))


class Backend(HttpBackend):
    """Answers by path and query."""

    def __init__(self, respond: Respond = pages) -> None:
        super().__init__(lambda request: respond(*asked(request)))

    @property
    def asked(self) -> list[Asked]:
        return [asked(each) for each in self.requests]

    @property
    def targets(self) -> list[str]:
        return [each.split(b" ")[1].decode() for each in self.requests]


class Walks:
    """The connector of one backend, and walks over the pages of its actions."""

    def __init__(self, door: Door, name: str) -> None:
        self._stub: Any = StreamServiceStub(door.channel)
        self._name = name
        self.parent = f"connectors/{name}"

    def call(self, action: str, paging: Any = None, within: float | None = 5, **fields: Any) -> Any:
        given: dict[str, Any] = {"parameters_json": "{}"} | fields
        if "parameters" in fields:
            del given["parameters_json"]
        request = pb.StreamActionRequest(
            name=named(f"{self._name}/{action}"), paging=pages_pb.Paging(**(paging or {})), **given
        )
        return self._stub.StreamAction(request, timeout=within)

    async def until(self, action: str, paging: Any = None, **fields: Any) -> "Told":
        """The messages before the end, and what it was."""
        found: list[pb.StreamActionResponse] = []
        call = self.call(action, paging, **fields)
        error: grpc.aio.AioRpcError | None = None
        try:
            while (each := await call.read()) is not grpc.aio.EOF:
                found.append(each)
        except grpc.aio.AioRpcError as caught:
            error = caught
        status = rpc_status.from_call(error) if error else None
        assert (status is None) == (error is None), error
        return Told(found, read_status(status) if status else None)

    async def all(self, action: str, paging: Any = None, **fields: Any) -> "Told":
        """A walk that must not fail."""
        told = await self.until(action, paging, **fields)
        assert told.refusal is None, told.refusal
        return told


class Told:
    """What came of a walk."""

    def __init__(self, messages: list[pb.StreamActionResponse], refusal: Refusal | None) -> None:
        self.messages = messages
        self.refusal = refusal

    @property
    def head(self) -> pb.StreamHead:
        return self.messages[0].head

    @property
    def items(self) -> list[str]:
        return [each.json for each in self.messages if each.HasField("json")]

    @property
    def end(self) -> dict[str, Any]:
        assert self.messages[-1].HasField("end")
        found: dict[str, Any] = MessageToDict(self.messages[-1].end)
        return found


async def walks(door: Door, names: Iterator[str], backend: RawBackend, **fields: Any) -> Walks:
    name = next(names)
    await door.publish(name, SPEC, f"{backend.origin}/v1", **fields)
    return Walks(door, name)
