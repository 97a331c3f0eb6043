"""Session: the connection of a command to a gateway, and how its failures are told."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import grpc
import typer
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from facade.app.listening import is_local
from facade.config import environment
from gateway.cli.output import err, line, say
from gateway.client import shown
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

Metadata: TypeAlias = tuple[tuple[str, str], ...]
"""What is sent beside a call, by lower-case key."""

LARGEST = 64 * 2**20

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

TOKEN = "PORTICO_SERVER_TOKEN"  # noqa: S105 - a variable's name
"""Has the key or the token that shows who calls; no option, since others can read those."""

UNREACHED = (
    (
        "Connection refused|No such file",
        "no gateway answers at {0}",
        "start one with `portico up --grpc {0}`",
    ),
    ("WRONG_VERSION_NUMBER", "what answers at {0} speaks no TLS", "leave --tls-ca out"),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "the certificate of {0} is not one that --tls-ca vouches for",
        "--tls-ca with its authority, and --server with the name that it is for",
    ),
    ("HTTP/2", "what answers at {0} is no gateway: it does not speak HTTP/2", "another --server"),
    (
        "Socket closed",
        "{0} closes the connection",
        "--tls-ca, and --tls-cert with --tls-key, if it wants TLS and certificates of callers",
    ),
    ("lookup", "the host of {0} has no address", "another --server"),
    ("", "no gateway can be reached at {0}", "`portico doctor`"),
)
"""What gRPC says of a gateway that it cannot speak to, what that means, and what to try."""

LATE = "DEADLINE_EXCEEDED the time that the call had is over, and no answer came"


@dataclass(frozen=True, slots=True)
class Session:
    """The stubs of one connection."""

    server: str
    gateway: GatewayServiceStub
    catalog: CatalogServiceStub
    streams: StreamServiceStub
    secrets: SecretServiceStub
    traces: TraceServiceStub
    entities: EntityServiceStub
    tools: ToolServiceStub
    connections: ConnectionServiceStub
    subjects: SubjectServiceStub
    audit: AuditServiceStub
    access: AccessServiceStub
    artifacts: ArtifactServiceStub
    trials: TrialServiceStub
    flows: FlowServiceStub
    events: EventServiceStub
    history: HistoryServiceStub
    triggers: TriggerServiceStub

    def ask(
        self,
        method: Callable[..., Response],
        request: Request,
        *,
        timeout: float = 60.0,
        metadata: Metadata = (),
    ) -> Response:
        """Calls a method; prints its failure and exits with 1 where it has one."""
        try:
            return method(request, timeout=timeout, metadata=metadata)
        except grpc.RpcError as failure:
            self.fail(failure)

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

    def fail(self, failure: grpc.RpcError) -> NoReturn:
        """Prints a failed call, and exits with 1."""
        tell(failure, self.server)
        raise typer.Exit(1) from None


def open_channel(
    server: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> grpc.Channel:
    """A channel to a gateway: TLS where a CA is given, else plaintext; exits with 2 for half.

    A key or a token in the environment goes with every call.
    """
    options = [("grpc.max_receive_message_length", LARGEST)]
    if (certificate is None) != (key is None) or (certificate is not None and ca is None):
        say("--tls-cert and --tls-key go together, and --tls-ca with them")
        raise typer.Exit(2)
    token = environment().get(TOKEN, "").strip()
    if ca is None:
        if token and not is_local(server):
            say(f"{TOKEN} is not sent in the clear beyond this machine", "--tls-ca")
            raise typer.Exit(2)
        return shown(grpc.insecure_channel(server, options), token)
    credentials = grpc.ssl_channel_credentials(_read(ca), _read(key), _read(certificate))
    return shown(grpc.secure_channel(server, credentials, options), token)


@contextmanager
def connect(
    server: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> Iterator[Session]:
    """Opens a connection to a gateway for the length of a command."""
    with open_channel(server, ca, certificate, key) as channel:
        yield Session(
            server,
            GatewayServiceStub(channel),
            CatalogServiceStub(channel),
            StreamServiceStub(channel),
            SecretServiceStub(channel),
            TraceServiceStub(channel),
            EntityServiceStub(channel),
            ToolServiceStub(channel),
            ConnectionServiceStub(channel),
            SubjectServiceStub(channel),
            AuditServiceStub(channel),
            AccessServiceStub(channel),
            ArtifactServiceStub(channel),
            TrialServiceStub(channel),
            FlowServiceStub(channel),
            EventServiceStub(channel),
            HistoryServiceStub(channel),
            TriggerServiceStub(channel),
        )


def tell(failure: Any, server: str) -> None:
    """Prints a failed call: the code, what was said, every violation, the remedy's place."""
    status = rpc_status.from_call(failure)
    code, details = failure.code().name, failure.details() or ""
    if code == "UNAVAILABLE" and status is None:
        problem, remedy = next(
            (problem, remedy) for sign, problem, remedy in UNREACHED if re.search(sign, details)
        )
        say(problem.format(server), remedy.format(server))
        return
    if code == "DEADLINE_EXCEEDED" and status is None:
        say(LATE, "`portico trace`, which shows how far it came, or a longer time to wait")
        return
    line(("error ", "bold red"), (code, "bold"), f" {details}", console=err)
    for detail in status.details if status else ():
        _tell_detail(detail)


def _tell_detail(detail: Any) -> None:
    for kind, lines in _DETAILS:
        message = kind()
        if detail.Unpack(message):
            for label, text in lines(message):
                line("  ", (label, "bold"), f": {text}", console=err)


def _info(info: Any) -> Iterator[tuple[str, str]]:
    known = dict(sorted(info.metadata.items()))
    excerpt = known.pop("excerpt", "")
    facts = " ".join(f"{name}={value}" for name, value in known.items())
    yield "reason", f"{info.reason} ({info.domain}) {facts}"
    if excerpt:
        yield "answer", excerpt


def _violations(bad: Any) -> Iterator[tuple[str, str]]:
    for each in bad.field_violations:
        yield each.field or "/", each.description


def _retry(retry: Any) -> Iterator[tuple[str, str]]:
    yield "retry", f"after {retry.retry_delay.ToTimedelta().total_seconds():g} s"


def _links(links: Any) -> Iterator[tuple[str, str]]:
    for each in links.links:
        yield "help", f"{each.description} ({each.url})"


_DETAILS: tuple[tuple[type[Any], Callable[[Any], Iterator[tuple[str, str]]]], ...] = (
    (error_details_pb2.ErrorInfo, _info),
    (error_details_pb2.BadRequest, _violations),
    (error_details_pb2.RetryInfo, _retry),
    (error_details_pb2.Help, _links),
)


def _read(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return file.read_bytes()
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
        raise typer.Exit(2) from None


def read_text(file: str) -> str:
    """The text of a file, or of standard input for `-`; exits with 2 where there is none."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
    except UnicodeDecodeError:
        say(f"{file}: not UTF-8 text")
    raise typer.Exit(2)
