"""Session: the connection of a command to a gateway, and the options that say which."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, NoReturn, TypeAlias, TypeVar

import typer

from gateway.cli.output import say

if TYPE_CHECKING:
    from grpc import Channel, RpcError

    from gateway.v1.access_pb2_grpc import AccessServiceStub
    from gateway.v1.artifact_pb2_grpc import ArtifactServiceStub
    from gateway.v1.audit_pb2_grpc import AuditServiceStub
    from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
    from gateway.v1.connection_pb2_grpc import ConnectionServiceStub
    from gateway.v1.entity_pb2_grpc import EntityServiceStub
    from gateway.v1.event_pb2_grpc import EventServiceStub
    from gateway.v1.execution_pb2_grpc import HistoryServiceStub
    from gateway.v1.flow_pb2_grpc import FlowServiceStub
    from gateway.v1.gateway_pb2_grpc import GatewayServiceStub
    from gateway.v1.secret_pb2_grpc import SecretServiceStub
    from gateway.v1.stream_pb2_grpc import StreamServiceStub
    from gateway.v1.subject_pb2_grpc import SubjectServiceStub
    from gateway.v1.tool_pb2_grpc import ToolServiceStub
    from gateway.v1.trace_pb2_grpc import TraceServiceStub
    from gateway.v1.trial_pb2_grpc import TrialServiceStub
    from gateway.v1.trigger_pb2_grpc import TriggerServiceStub

Request = TypeVar("Request")
Response = TypeVar("Response")
Stub = TypeVar("Stub")

Metadata: TypeAlias = tuple[tuple[str, str], ...]
"""What is sent beside a call, by lower-case key."""

Server = Annotated[
    str,
    typer.Option(
        "--server",
        "-s",
        envvar="PORTICO_SERVER",
        metavar="ADDRESS",
        help="The gateway: HOST:PORT or unix:PATH.",
    ),
]
Ca = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca",
        envvar="PORTICO_SERVER_CA",
        metavar="FILE",
        help="PEM file: who signs the gateway's certificate. Without it there is no TLS.",
    ),
]
Certificate = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert",
        envvar="PORTICO_SERVER_CERT",
        metavar="FILE",
        help="PEM file: our certificate.",
    ),
]
Key = Annotated[
    Path | None,
    typer.Option(
        "--tls-key", envvar="PORTICO_SERVER_KEY", metavar="FILE", help="PEM file: our key."
    ),
]

Limit = Annotated[
    int, typer.Option("--limit", "-n", min=1, metavar="N", help="So many of the last ones.")
]

DEFAULT = "127.0.0.1:50051"

LAST = 50
"""How many a list shows of what grows for ever."""

MOST = 1000
"""Rows of a page."""


class Service(Generic[Stub]):
    """A service of the gateway, whose stub is loaded when a command first asks for it."""

    def __init__(self, file: str, name: str) -> None:
        """Takes the name of the proto file, and that of the service without `Service`."""
        self._module = f"gateway.v1.{file}_pb2_grpc"
        self._stub = f"{name}ServiceStub"

    def __get__(self, session: "Session", _owner: type["Session"]) -> Stub:
        """The stub on the session's channel."""
        kind: Callable[[Channel], Stub] = getattr(import_module(self._module), self._stub)
        return kind(session.channel)


class Session:
    """One connection, and the services that can be asked on it."""

    gateway: "Service[GatewayServiceStub]" = Service("gateway", "Gateway")
    catalog: "Service[CatalogServiceStub]" = Service("catalog", "Catalog")
    streams: "Service[StreamServiceStub]" = Service("stream", "Stream")
    secrets: "Service[SecretServiceStub]" = Service("secret", "Secret")
    traces: "Service[TraceServiceStub]" = Service("trace", "Trace")
    entities: "Service[EntityServiceStub]" = Service("entity", "Entity")
    tools: "Service[ToolServiceStub]" = Service("tool", "Tool")
    connections: "Service[ConnectionServiceStub]" = Service("connection", "Connection")
    subjects: "Service[SubjectServiceStub]" = Service("subject", "Subject")
    audit: "Service[AuditServiceStub]" = Service("audit", "Audit")
    access: "Service[AccessServiceStub]" = Service("access", "Access")
    artifacts: "Service[ArtifactServiceStub]" = Service("artifact", "Artifact")
    trials: "Service[TrialServiceStub]" = Service("trial", "Trial")
    flows: "Service[FlowServiceStub]" = Service("flow", "Flow")
    events: "Service[EventServiceStub]" = Service("event", "Event")
    history: "Service[HistoryServiceStub]" = Service("execution", "History")
    triggers: "Service[TriggerServiceStub]" = Service("trigger", "Trigger")

    def __init__(self, server: str, channel: "Channel") -> None:
        """Takes the address, as it was typed, and the channel that leads there."""
        self.server = server
        self.channel = channel

    def ask(
        self,
        method: Callable[..., Response],
        request: Request,
        *,
        timeout: float = 60.0,
        metadata: Metadata = (),
    ) -> Response:
        """Calls a method; prints its failure and exits with 1 where it has one."""
        with self.telling():
            return method(request, timeout=timeout, metadata=metadata)

    def first(self, method: Callable[..., Any], request: Any, field: str, limit: int) -> list[Any]:
        """So many of what a List method gives first, in as few pages as that takes."""
        return list(islice(self.pages(method, request, field, min(limit, MOST)), limit))

    def pages(
        self, method: Callable[..., Any], request: Any, field: str, size: int = MOST
    ) -> Iterator[Any]:
        """What a List method gives, page after page, each asked for when it is reached."""
        request.page_size = size
        while True:
            page = self.ask(method, request)
            yield from getattr(page, field)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Prints the failure of a call that is made within, and exits with 1."""
        # Loaded by the channel, which help and completion do without.
        from grpc import RpcError  # noqa: PLC0415 - see above

        try:
            yield
        except RpcError as failure:
            self.fail(failure)

    def fail(self, failure: "RpcError") -> NoReturn:
        """Prints a failed call, and exits with 1."""
        # Of no use to calls that succeed.
        from gateway.cli.failures import tell  # noqa: PLC0415 - see above

        tell(failure, self.server)
        raise typer.Exit(1) from None


@contextmanager
def connect(
    server: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> Iterator[Session]:
    """Opens a connection to a gateway for the length of a command."""
    # gRPC takes longer to load than all that help and completion need.
    from gateway.cli.channel import open_channel  # noqa: PLC0415 - see above

    with open_channel(server, ca, certificate, key) as channel:
        yield Session(server, channel)


def read_text(file: str) -> str:
    """The text of a file, or of standard input for `-`; exits with 2 where there is none."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
    except UnicodeDecodeError:
        say(f"{file}: not UTF-8 text")
    raise typer.Exit(2)
