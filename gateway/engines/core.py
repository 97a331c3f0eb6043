"""What of grpcio's own parts an engine stands on: `grpc.server` is made of them, too.

They are no part of its API, so one place knows them, and which grpcio has them.
"""

from typing import Any

import grpc

try:
    from grpc._cython.cygrpc import (  # type: ignore[import-not-found]  # the stubs leave it out
        CompletionQueue,
        CompletionType,
        ReceiveCloseOnServerOperation,
        ReceiveMessageOperation,
        SendInitialMetadataOperation,
        SendMessageOperation,
        SendStatusFromServerOperation,
        Server,
        auth_context,
    )
except ImportError as lacking:
    raise ImportError(
        f"grpcio {grpc.__version__} is made otherwise: pip install 'grpcio>=1.85,<1.86'"
    ) from lacking

__all__ = (
    "CompletionQueue",
    "CompletionType",
    "ReceiveCloseOnServerOperation",
    "ReceiveMessageOperation",
    "SendInitialMetadataOperation",
    "SendMessageOperation",
    "SendStatusFromServerOperation",
    "Server",
    "certificate_names",
    "credentials_of",
)

NAMES = b"x509_subject_alternative_name"
"""Under which gRPC has the names of a certificate (grpc_security_constants.h)."""

CREDENTIALS = "_credentials"
"""Where `grpc.ServerCredentials` has what the core takes."""


def credentials_of(credentials: grpc.ServerCredentials) -> Any:
    """What the core takes of a server's TLS."""
    return getattr(credentials, CREDENTIALS)


def certificate_names(call: Any) -> tuple[str, ...]:
    """The URIs and DNS names in the certificate that the caller of an RPC has proved."""
    found = (auth_context(call) or {}).get(NAMES, ())
    return tuple([each.decode("latin-1") for each in found])
