"""One call made twice: by ExecuteAction with JSON text, and by the method of the typed service."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message as Proto
from grpc_status import rpc_status

from facade.model.action import Action
from facade.model.names import VersionName
from facade.model.typed import Kind, Method, Role, Streaming
from facade.spec.spec import Spec
from facade.spec.typed.naming import package_of
from gateway.typed.descriptors import pool_of
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from tests.doors import Refusal, read_status
from tests.faces import Faces
from tests.typed_json import TypedJson, Unsayable, of_role

TRACE = re.compile(rb"\r\n(?:traceparent|tracestate|baggage): [^\r\n]*", re.IGNORECASE)
BOUNDARY = re.compile(rb"boundary=\"?([^\r\n\";]+)")
OWN = frozenset({"x-trace-id"})
"""Metadata of each call alone."""
APART = frozenset({"grpc-status-details-bin", "grpc-retry-pushback-ms"})
"""What is read apart, and what the native engine cannot send itself."""
NAMED_BY_METADATA: Mapping[str, str] = {
    "connection": "portico-connection",
    "subject": "portico-subject",
    "request_id": "portico-request-id",
    "cache_use": "portico-cache",
    "max_wait": "portico-max-wait",
    "content_type": "portico-content-type",
    "accept": "portico-accept",
    "validate_only": "portico-validate-only",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that a call came to."""

    requests: Sequence[bytes]
    """What the backend got, without what names the call."""
    before: Mapping[str, str]
    after: Sequence[str]
    """The names of the trailing metadata."""
    refusal: Refusal | None
    answer: Any
    """The ExecuteActionResponse, or the typed message; None where there is none."""

    @property
    def refused(self) -> Any:
        """The refusal as plain values."""
        return plain_of(self.refusal)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call in both forms."""

    method: Method
    message: Proto
    fields: Mapping[str, Any]
    """Of the ExecuteActionRequest."""
    beside: Sequence[tuple[str, str]] = ()
    """The typed call's metadata that says what other fields would."""


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What a stream came to."""

    items: Sequence[Any]
    before: Mapping[str, str]
    refusal: Refusal | None


class TypedTwins:
    """One version behind a backend, called both ways."""

    def __init__(self, faces: Faces, name: VersionName, requests: list[bytes]) -> None:
        """Takes what the backend puts its requests into."""
        self.faces = faces
        self.name = name
        self.shown: Sequence[tuple[str, str]] = ()
        """What makes the caller known."""
        self._requests = requests
        self.spec: Spec
        self.json: TypedJson
        self.methods: Mapping[tuple[str, Streaming], Method] = {}

    async def open(self) -> "TypedTwins":
        """Reads what there is of the version."""
        catalog = self.faces.parts.catalog
        version = catalog.version(self.name)
        self.spec = await catalog.spec(version)
        service = await self.faces.parts.typed.of(version)
        package = package_of(self.name)
        self.json = TypedJson(service, pool_of(service, package), package)
        self.methods = {(each.action, each.streaming): each for each in service.methods}
        return self

    def asked(self, action: Action, given: Mapping[str, Any], **more: Any) -> Asked:
        """A call in both forms; raises Unsayable for what the typed one has no words for."""
        method = self.methods[action.id, Streaming.NONE]
        request = self.json.service.messages[method.request]
        kind, data = of_role(request, Role.CONTENT_TYPE), of_role(request, Role.DATA)
        arguments = dict(given)
        body = arguments.pop("body", None) if data else None
        said = self.json.say(method.request, arguments)
        if said.kept.keys() != arguments.keys():
            raise Unsayable("an argument that says nothing")
        text = json.dumps(self.json.read(said.message, method.request), ensure_ascii=False)
        fields: dict[str, Any] = {"parameters_json": compact(text), **more}
        if body is not None:
            sort, octets = upload(fields.pop("content_type", ""), action, body)
            setattr(said.message, kind[0].name, sort)
            setattr(said.message, data[0].name, octets)
            fields["body"] = {"content_type": sort, "data": octets}
        beside = [(NAMED_BY_METADATA[key], text) for key, text in more.items() if key in fields]
        return Asked(method=method, message=said.message, fields=fields, beside=beside)

    def given(self, action: str, typed: Any, untyped: Any = None, **more: Any) -> Asked:
        """A call in both forms: what is set in the message, and the JSON, if that differs.

        `more` are fields of the ExecuteActionRequest.
        """
        method = self.methods[action, Streaming.NONE]
        message = ParseDict(typed, self.json.kind(method.request)())
        fields = {"parameters_json": json.dumps(typed if untyped is None else untyped), **more}
        beside = [(NAMED_BY_METADATA[key], text) for key, text in more.items()]
        return Asked(method=method, message=message, fields=fields, beside=beside)

    async def both(self, asked: Asked, within: float | None = 20.0) -> tuple[Told, Told]:
        """What the two come to, the untyped one first."""
        return await self.untyped(asked, within), await self.typed(asked, within)

    async def untyped(self, asked: Asked, within: float | None = 20.0) -> Told:
        """By ExecuteAction."""
        name = f"{self.name}/actions/{asked.method.action}"
        request = ExecuteActionRequest(name=name, **asked.fields)
        call = self.faces.door.gateway.ExecuteAction(
            request, timeout=within, metadata=tuple(self.shown)
        )
        return await self._told(call)

    async def typed(self, asked: Asked, within: float | None = 20.0) -> Told:
        """By the method."""
        service = f"{package_of(self.name)}.{self.json.service.name}"
        call: Any = self.faces.door.channel.unary_unary(
            f"/{service}/{asked.method.name}",
            lambda message: message.SerializeToString(deterministic=True),
            self.json.kind(asked.method.response).FromString,
        )
        beside = (*self.shown, *asked.beside)
        return await self._told(call(asked.message, timeout=within, metadata=beside))

    async def walked(self, action: str, streaming: Streaming, arguments: Any) -> Walked:
        """The items of a stream by its method."""
        method = self.methods[action, streaming]
        kind = self.json.kind(method.response)
        call: Any = self.faces.door.channel.unary_stream(
            f"/{package_of(self.name)}.{self.json.service.name}/{method.name}",
            lambda message: message.SerializeToString(deterministic=True),
            kind.FromString,
        )
        request = self.json.say(method.request, arguments).message
        begun, error = call(request, timeout=20), None
        items: list[Any] = []
        try:
            while (each := await begun.read()) is not grpc.aio.EOF:
                items.append(self.json.read(each, method.response))
        except grpc.aio.AioRpcError as caught:
            error = caught
        before = without_own(await begun.initial_metadata())
        return Walked(items=items, before=before, refusal=refusal_of(error))

    async def _told(self, call: Any) -> Told:
        self._requests.clear()
        answer = error = None
        try:
            answer = await call
        except grpc.aio.AioRpcError as caught:
            error = caught
        return Told(
            requests=[plain(each) for each in self._requests],
            before=without_own(await call.initial_metadata()),
            after=sorted({key for key, _ in await call.trailing_metadata()} - APART - OWN),
            refusal=refusal_of(error),
            answer=answer,
        )

    def expected(self, asked: Asked, untyped: Told) -> Any:
        """The message of what ExecuteAction answers, and the JSON that is said; raises Unsayable.

        For bytes the JSON is none.
        """
        message = self.json.kind(asked.method.response)()
        known = self.json.service.messages[asked.method.response]
        if known.kind is Kind.ANSWERS:
            field = branch(known.fields, untyped.before["x-http-status"])
            held = getattr(message, field.name)
            held.SetInParent()
            return message, self._say(held, field.ref, untyped.answer)
        return message, self._say(message, known.key, untyped.answer)

    def _say(self, message: Any, key: str, answer: Any) -> Any:
        known = self.json.service.messages[key]
        output = answer.WhichOneof("output")
        if known.kind is Kind.CONTENT:
            if output is not None:
                kind, data = of_role(known, Role.CONTENT_TYPE)[0], of_role(known, Role.DATA)[0]
                is_body = output == "body"
                octets = answer.body.data if is_body else answer.json.encode()
                setattr(message, kind.name, answer.body.content_type if is_body else JSON)
                setattr(message, data.name, octets)
            return None
        if output == "json" and known.fields:
            said = self.json.say(key, json.loads(answer.json))
            message.CopyFrom(said.message)
            return said.kept
        if output == "body" and answer.body.data and known.fields:
            raise Unsayable("bytes")
        return None


def refusal_of(error: grpc.aio.AioRpcError | None) -> Refusal | None:
    """What a call that failed was told; of one that the client's own gRPC ended, its code alone."""
    if error is None:
        return None
    status = rpc_status.from_call(error)
    return read_status(status) if status else Refusal(code=error.code().name, message="")


def plain_of(refusal: Refusal | None) -> Any:
    """A refusal as plain values, without what names the call."""
    if refusal is None:
        return None
    facts = refusal.info.metadata
    return {
        "row": (refusal.code, refusal.info.reason, refusal.info.domain),
        "message": refusal.message,
        "facts": {key: text for key, text in facts.items() if key != "traceId"},
        "retry": refusal.retry,
        "violations": [(x.field, x.description) for x in refusal.bad.field_violations],
        "resource": (refusal.resource.resource_type, refusal.resource.resource_name),
        "kinds": [each.type_url for each in refusal.details],
    }


JSON = "application/json"


def branch(fields: Sequence[Any], status: str) -> Any:
    """Which of several answers a status is."""
    listed = {each.json.upper(): each for each in fields}
    found = [listed[key] for key in (status, f"{status[0]}XX", "DEFAULT") if key in listed]
    if not found:
        raise Unsayable(status)
    return found[0]


def compact(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def upload(wanted: str, action: Action, body: Any) -> tuple[str, bytes]:
    """A body of bytes: its media type, and the bytes."""
    assert action.body is not None
    declared = wanted or action.body.media[0].type
    if not isinstance(body, dict):
        text = body if isinstance(body, str) else json.dumps(body)
        return ("text/plain" if "*" in declared else declared), text.encode()
    return body.get("contentType", declared), b"\x00\xff--Rex\r\n"


def plain(request: bytes) -> bytes:
    """A request without what differs each time."""
    boundary = BOUNDARY.search(request)
    request = TRACE.sub(b"", request)
    return request.replace(boundary[1], b"-") if boundary else request


def without_own(metadata: Any) -> dict[str, str]:
    return {key: value for key, value in metadata or () if key not in OWN}
