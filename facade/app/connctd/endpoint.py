"""Endpoint: one of the face's paths and methods, what it takes and what it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
from starlette.responses import Response

from facade.access.authorize import Authority
from facade.app.api.told import ALWAYS
from facade.app.connctd.links import Callbacks, Links
from facade.catalog.catalog import Catalog
from facade.connections.connections import Connections
from facade.connections.consenting import Consenting
from facade.connections.subjects import Subjects
from facade.connections.things.actions import Actions
from facade.connections.things.signature import Signer
from facade.connections.things.thing import Things
from facade.model.access import ANYTHING, Identity, Permission, Target
from facade.secrets.safe import Safe

ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the endpoints hand on to."""

    catalog: Catalog
    connections: Connections
    subjects: Subjects
    consenting: Consenting
    safe: Safe
    things: Things
    actions: Actions
    callbacks: Callbacks
    signer: Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for an endpoint, read."""

    method: str
    """What is asked for, as the audit calls it."""
    identity: Identity
    authority: Authority
    id: str = ""
    """What the path says."""
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    links: Links
    url: str = ""
    """The request's own URL, as its caller knows it."""

    @property
    def tenant(self) -> str:
        """The developer."""
        return self.identity.tenant

    def needs(self, permission: Permission, target: Target = ANYTHING) -> None:
        """Raises CallerForbidden where no role of the caller's allows it: the seed's scope."""
        self.authority.check_target(self.method, self.identity, permission, target)


Handler: TypeAlias = Callable[[Desk, Asked], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path."""

    name: str
    """The operationId of its document."""
    about: str
    verb: str
    path: str
    """Below the face's root."""
    handler: Handler
    answers: Mapping[int, str]
    """What each status of success says."""
    refuses: tuple[int, ...]
    """The statuses of its failures."""
    takes: str = ""
    """The schema of its body, by name."""
    gives: Mapping[str, Any] = field(default_factory=dict)
    """The schema of its answer."""
    has_subject: bool = False
    """Whether X-External-Subject-Id is required."""
    is_open: bool = False
    """Whether it asks nobody who they are."""


def answer(tree: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of JSON, without an envelope: its body is the seed's."""
    said = {**ALWAYS, **(headers or {})}
    return Response(ENCODER.encode(tree), status, said, media_type="application/json")


def nothing() -> Response:
    """204, with no body."""
    return Response(status_code=204, headers=ALWAYS)
