"""The whole gateway in this process, real parts throughout, seen from its gRPC door."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    Help,
    QuotaFailure,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from facade.bootstrap import open_parts
from facade.config import Settings
from gateway.server import build_server
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from gateway.v1.gateway_pb2 import (
    CreateVersion,
    ExecuteActionRequest,
    ManageVersionsRequest,
    ManageVersionsResponse,
    PromoteVersion,
    VersionChange,
)
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from gateway.v1.version_pb2 import ConnectorVersion, Direct
from tests.carriers import carried
from tests.ledgers import prepare

INSIDE = re.compile(
    r"Traceback|\b0x[0-9a-f]{4,}|File \"|\.py\b|site-packages|/tmp/|"
    r"\b(aiohttp|httpx|asyncio|grpc\._|google\.protobuf|sqlalchemy|sqlite3|yarl|msgspec|orjson|"
    r"jsonschema|multidict|facade|gateway(?!\.v1\b))\.\w|\b\w+(Error|Exception)\b|Errno"
)
"""What only an exception's text or a stack would say."""

PLAIN: Mapping[str, Any] = {"retry": {"max_attempts": 1}, "breaker": {"disabled": True}}
"""A policy by which every answer is told as it comes: no repeats, and no server left alone."""

KINDS: tuple[type, ...] = (ErrorInfo, BadRequest, ResourceInfo, RetryInfo, QuotaFailure, Help)


@dataclass(frozen=True, kw_only=True)
class Door:
    """A gateway's services; their types for asyncio stand in stub files alone."""

    gateway: Any
    catalog: Any
    channel: grpc.aio.Channel

    async def publish(
        self, connector: str, document: Mapping[str, Any] | str, origin: str, **fields: Any
    ) -> ManageVersionsResponse:
        """Makes version v1 of a connector out of a document, at a backend, and promotes it."""
        return await self.publish_as("v1", connector, document, origin, **fields)

    async def publish_as(
        self,
        version_id: str,
        connector: str,
        document: Mapping[str, Any] | str,
        origin: str,
        **fields: Any,
    ) -> ManageVersionsResponse:
        """The same of any version."""
        parent = f"connectors/{connector}"
        text = document if isinstance(document, str) else json.dumps(document)
        given: dict[str, Any] = {"direct": Direct(base_uri=origin)} | fields
        version = ConnectorVersion(spec_text=text, **given)
        changes = [
            VersionChange(create=CreateVersion(version_id=version_id, version=version)),
            VersionChange(
                promote=PromoteVersion(name=f"{parent}/versions/{version_id}", allow_breaking=True)
            ),
        ]
        answer: ManageVersionsResponse = await self.gateway.ManageVersions(
            ManageVersionsRequest(parent=parent, changes=changes)
        )
        return answer

    async def execute(
        self, action: str, arguments: object = None, within: float | None = None, **fields: Any
    ) -> Any:
        """Calls `connector/action` with arguments as JSON: a text, or what one is made of."""
        given = dict(fields)
        if "parameters" not in given:
            text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
            given["parameters_json"] = text
        request = ExecuteActionRequest(name=named(action), **given)
        return await self.gateway.ExecuteAction(request, timeout=within)

    async def refused(self, action: str, arguments: object = None, **more: Any) -> "Refusal":
        """What a call that must fail is told."""
        return await refusal(self.execute(action, arguments, **more))


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Everything that a failed call is told."""

    code: str
    message: str
    info: ErrorInfo = field(default_factory=ErrorInfo)
    bad: BadRequest = field(default_factory=BadRequest)
    resource: ResourceInfo = field(default_factory=ResourceInfo)
    retry: float | None = None
    help: Help = field(default_factory=Help)
    details: tuple[Packed, ...] = ()

    @property
    def said(self) -> tuple[str, str, str, str]:
        """Code, reason, domain and outcome: the row of the contract."""
        return self.code, self.info.reason, self.info.domain, self.info.metadata["outcome"]

    @property
    def fields(self) -> list[str]:
        """What the violations are about."""
        return [each.field for each in self.bad.field_violations]

    @property
    def words(self) -> str:
        """Every text in it, but for what it quotes from the backend."""
        described = [each.description for each in self.bad.field_violations]
        return "\n".join((self.message, *described, self.resource.description))


def named(action: str) -> str:
    """`shop/getThing` as the whole name; a whole name as it is."""
    connector, _, name = action.partition("/")
    if connector == "connectors":
        return action
    return f"connectors/{connector}/versions/live/actions/{name}"


def read_status(status: Status) -> Refusal:
    """What a google.rpc.Status says; holds it to the rules that hold for every one."""
    found: dict[type, Any] = {kind: kind() for kind in KINDS}
    retry = None
    for each in status.details:
        kind = next(kind for kind in KINDS if each.Is(found[kind].DESCRIPTOR))
        each.Unpack(found[kind])
        if kind is RetryInfo:
            retry = found[kind].retry_delay.ToNanoseconds() / 1e9
    refusal = Refusal(
        code=Code.Name(status.code),
        message=status.message,
        info=found[ErrorInfo],
        bad=found[BadRequest],
        resource=found[ResourceInfo],
        retry=retry,
        help=found[Help],
        details=tuple(status.details),
    )
    hold_to_the_rules(refusal)
    return refusal


def hold_to_the_rules(refusal: Refusal) -> None:
    """contract.md section 3, what is true of every error."""
    assert refusal.message
    assert refusal.message.isprintable()
    assert len(refusal.message.encode()) <= 1024
    assert sum(each.ByteSize() for each in refusal.details) <= 4096
    assert refusal.info.domain in {"gateway", "facade", "backend"}
    assert refusal.info.metadata["outcome"] in {"NOT_EXECUTED", "UNKNOWN", "EXECUTED"}
    assert len(refusal.info.metadata["traceId"]) == 32
    assert [each.url for each in refusal.help.links] == [
        f"docs/errors.md#{refusal.info.reason.lower()}"
    ]
    assert not INSIDE.search(refusal.words), refusal.words


async def refusal(call: Awaitable[object]) -> Refusal:
    """What a call that must fail is told."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    status = rpc_status.from_call(failure.value)
    assert status is not None, failure.value
    return read_status(status)


@asynccontextmanager
async def a_door(
    folder: Path, environ: Mapping[str, str] | None = None, **settings: Any
) -> AsyncIterator[Door]:
    """A gateway in the development profile on a port that was free, and a channel to it."""
    chosen: dict[str, Any] = {
        "grpc": "127.0.0.1:0",
        "data": folder,
        "dev": True,
        "drain_delay": 0.0,
        "drain_grace": 1.0,
    } | settings
    made = Settings(**carried(chosen))
    options = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
    prepare(made.data)
    async with open_parts(made, environ or {}) as parts:
        server = build_server(parts, made)
        try:
            async with grpc.aio.insecure_channel(await server.start(), options) as channel:
                yield Door(
                    gateway=GatewayServiceStub(channel),
                    catalog=CatalogServiceStub(channel),
                    channel=channel,
                )
        finally:
            await server.stop()


def operation(method: str, path: str, **fields: Any) -> dict[str, Any]:
    """A document with one operation, called `act`."""
    given = {"operationId": "act", "responses": {}} | fields
    return document({path: {method: given}})


def document(paths: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A document with the paths."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://elsewhere.example"}],
        "paths": dict(paths),
        **fields,
    }
