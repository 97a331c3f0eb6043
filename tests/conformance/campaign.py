"""Every action of a document called through a running gateway, and what came of each call."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from facade.model.action import Action
from facade.spec.load import load
from facade.spec.spec import Spec
from gateway.v1.credential_pb2 import Credential
from gateway.v1.gateway_pb2 import FAILURE_MODE_CONTINUE
from tests.doors import Door, a_door

KEY = "the-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A document that a gateway serves as a connector."""

    door: Door
    connector: str
    actions: tuple[Action, ...]
    """Those that can be called, as the gateway has them too."""
    set_aside: tuple[Action, ...]

    async def call(
        self, action: Action, arguments: Mapping[str, Any], content_type: str = ""
    ) -> Any:
        """Calls it; a failure of the backend's is answered, not raised."""
        return await self.door.execute(
            f"{self.connector}/{action.id}",
            json.dumps(arguments, ensure_ascii=False),
            failure_mode=FAILURE_MODE_CONTINUE,
            content_type=content_type,
        )


@asynccontextmanager
async def an_open_door(folder: Path) -> AsyncIterator[Door]:
    """A gateway that knows the key for whatever a document wants to be signed with."""
    async with a_door(folder, {"KEY": KEY}) as door:
        yield door


async def publish(door: Door, connector: str, path: Path, origin: str, **fields: Any) -> Published:
    """Publishes a document at a backend."""
    text, found = read(path)
    await door.publish(connector, text, origin, **fields)
    return Published(
        door=door,
        connector=connector,
        actions=tuple(each for each in found if not each.problems),
        set_aside=tuple(each for each in found if each.problems),
    )


def read(path: Path) -> tuple[str, list[Action]]:
    """A document's text, and its actions."""
    spec = Spec(load(path.read_bytes())[0])
    return path.read_text(encoding="utf-8-sig"), [spec.action(each) for each in spec.ids]


def credentials(tree: Mapping[str, Any]) -> list[Credential]:
    """One for each security scheme of a document."""
    components = tree.get("components") or {}
    schemes = tree.get("securityDefinitions") or components.get("securitySchemes") or {}
    return [credential(name, scheme) for name, scheme in schemes.items() if "type" in scheme]


def credential(name: str, scheme: Mapping[str, Any]) -> Credential:
    secret = "env:KEY"
    kind, http = scheme["type"], str(scheme.get("scheme", "")).lower()
    if kind == "basic" or http == "basic":
        basic = Credential.Basic(username="rex", password_secret=secret)
        return Credential(scheme=name, basic=basic)
    if kind == "apiKey" or (kind == "http" and http != "bearer"):
        return Credential(scheme=name, api_key=Credential.ApiKey(key_secret=secret))
    return Credential(scheme=name, bearer=Credential.Bearer(token_secret=secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What a call that our own validation ends is told."""

    reason: str
    fields: tuple[str, ...]
    message: str


def refusal_of(status: Status) -> Refused:
    """Reads the details of an error."""
    info, bad = ErrorInfo(), BadRequest()
    for each in status.details:
        each.Unpack(info)
        each.Unpack(bad)
    fields = tuple(each.field for each in bad.field_violations)
    return Refused(reason=info.reason, fields=fields, message=status.message)


def connector_of(path: Path) -> str:
    """A connector's id for a file: no other file's, as far as its path tells."""
    text = re.sub("[^a-z0-9]+", "-", str(path).lower()).strip("-")
    return f"c-{text}"[:62].rstrip("-")
