"""How the failures of calls are told: the code, what was said, every violation, the remedy."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.cli.output import err, line, say

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
