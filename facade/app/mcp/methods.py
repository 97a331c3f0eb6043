"""The methods of MCP: what there is, which tools, and the call of one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import msgspec

from facade.access.hints import narrow
from facade.app.api.told import packed, weight
from facade.app.mcp.edition import BY_HANDSHAKE, EDITIONS
from facade.app.mcp.message import INVALID_PARAMS, METHOD_NOT_FOUND, Message, Refused
from facade.app.mcp.outcome import failure_of, result_of
from facade.engine import Engine
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Fault
from facade.listing.pages import Asked
from facade.model.access import Identity
from facade.model.call import Call, Caller
from facade.model.names import ActionName
from facade.telemetry.beat import release
from facade.telemetry.spans import current
from facade.tools.forms import mcp
from facade.tools.results import OBJECT, structured_schema
from facade.tools.toolbox import Offer, Shelf, Toolbox
from facade.transcode.arguments import parse

PAGE: Final = 100
"""Tools of one page of a list."""

ACTION: Final = "portico/action"
"""In a tool's `_meta`: the name of its action."""

INSTRUCTIONS: Final = (
    "Each tool is one operation of a REST backend. What a backend refuses is told with its reason "
    "and a remedy; whole numbers may have more digits than a double holds."
)

CAPABILITIES: Final[Mapping[str, Any]] = MappingProxyType({"tools": {}})

KEPT: Final[Mapping[str, Any]] = MappingProxyType({"ttlMs": 0, "cacheScope": "private"})
"""What the stateless edition says of lists: the next publish may change them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and of which tools."""

    shelf: Shelf
    identity: Identity
    caller: Caller
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By lower-case name."""


Method = Callable[[Message, Asking], Awaitable[dict[str, Any]]]


class Methods:
    """Answers requests, one at a time: nothing is kept from one to the next."""

    def __init__(self, engine: Engine, toolbox: Toolbox) -> None:
        """Takes what makes calls, and what has the tools."""
        self._engine = engine
        self._toolbox = toolbox
        self._server = {"name": "portico", "title": "Portico", "version": release()}
        both: dict[str, Method] = {"tools/list": self._list, "tools/call": self._call}
        self._by_handshake = {"initialize": self._initialize, "ping": self._ping, **both}
        self._stateless = {"server/discover": self._discover, **both}

    async def answer(self, message: Message, asking: Asking, *, stateless: bool) -> dict[str, Any]:
        """The result of a request; raises Refused, and Faults that are no matter of its method."""
        methods = self._stateless if stateless else self._by_handshake
        method = methods.get(message.method)
        if method is None:
            raise Refused(METHOD_NOT_FOUND, f"There is no method `{message.method[:100]}` here.")
        result = await method(message, asking)
        if stateless:
            about = {"io.modelcontextprotocol/serverInfo": self._server}
            result = {"resultType": "complete", "_meta": about, **result}
            if message.method != "tools/call":
                result |= KEPT
        return result

    async def _initialize(self, message: Message, _asking: Asking) -> dict[str, Any]:
        wanted = message.text("protocolVersion")
        return {
            "protocolVersion": wanted if wanted in BY_HANDSHAKE else BY_HANDSHAKE[-1],
            "capabilities": dict(CAPABILITIES),
            "serverInfo": self._server,
            "instructions": INSTRUCTIONS,
        }

    async def _ping(self, _message: Message, _asking: Asking) -> dict[str, Any]:
        return {}

    async def _discover(self, _message: Message, _asking: Asking) -> dict[str, Any]:
        return {
            "supportedVersions": EDITIONS,
            "capabilities": dict(CAPABILITIES),
            "instructions": INSTRUCTIONS,
        }

    async def _list(self, message: Message, asking: Asking) -> dict[str, Any]:
        """A page of the tools that the caller may call."""
        shelf, tenant = asking.shelf, asking.identity.tenant

        asked = Asked(
            size=PAGE,
            token=message.text("cursor") or "",
            bound=msgspec.json.encode(
                ["mcp", tenant, shelf.connector, shelf.version, str(shelf.connection)]
            ),
        )
        try:
            tools, token = await self._toolbox.page(shelf, asking.identity, asked, _listed, weight)
        except InvalidRequest:
            raise Refused(INVALID_PARAMS, "`params.cursor` is none of this list's.") from None
        return {"tools": tools, **({"nextCursor": token} if token else {})}

    async def _call(self, message: Message, asking: Asking) -> dict[str, Any]:
        """Calls a tool: what goes wrong with the call is its result, for the model to read."""
        name, raw = message.text("name"), message.params.get("arguments")
        if not name:
            raise Refused(INVALID_PARAMS, "`params.name` is missing.")
        if raw is not None and not bytes(raw).startswith(OBJECT):
            raise Refused(INVALID_PARAMS, "`params.arguments` must be an object.")
        offer = await self._toolbox.find(asking.shelf, asking.identity, name)
        if offer is None:
            raise Refused(INVALID_PARAMS, f"Unknown tool: {name[:100]}")
        trace_id = current().trace_id
        action = _action(offer, asking.shelf.version, asking.identity.tenant)
        try:
            call = Call(
                name=action,
                arguments=parse(bytes(raw).decode()) if raw is not None else {},
                trace_id=trace_id,
                caller=asking.caller,
                caller_name=asking.identity.known_name,
                metadata=asking.headers,
                full_view=False,
            )
            outcome = await self._engine.execute(call)
        except Fault as fault:
            narrow(fault, asking.identity)
            return failure_of(fault, trace_id)
        return result_of(outcome, f"portico:///{action}/answers/{trace_id}")


def _action(offer: Offer, version: str, tenant: str) -> ActionName:
    return ActionName(offer.version.name.connector, version, offer.tool.action.id, tenant)


def _listed(offer: Offer) -> msgspec.Raw:
    name = offer.version.name
    output = structured_schema(offer.tool.output_schema) if offer.holds_answers else None
    action = ActionName(name.connector, name.version, offer.tool.action.id)
    return packed(mcp(offer.tool, offer.name, output) | {"_meta": {ACTION: str(action)}})
