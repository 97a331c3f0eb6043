"""TLS: who is trusted, and the certificate that we show."""

import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Details, Violation
from facade.model.call import TlsIdentity

UNUSABLE = (ssl.SSLError, ValueError, TypeError)
"""What Python's ssl says of a text that is no PEM."""


def system_trust() -> ssl.SSLContext:
    """TLS 1.2 or later, trusting the system's certificate authorities."""
    return _trusting("")


def offering_http2(trust: ssl.SSLContext) -> ssl.SSLContext:
    """TLS that trusts whom that one trusts, and offers HTTP/2 before HTTP/1.1.

    Reads the system's authorities from the disk.
    """
    context = _trusting("", http2=True)
    if own := trust.get_ca_certs(binary_form=True):
        context.load_verify_locations(cadata=b"".join(own))
    return context


def context_of(identity: TlsIdentity, *, http2: bool = False) -> ssl.SSLContext:
    """TLS 1.2 or later with a client certificate, authorities of its own, or both.

    `http2`: whether HTTP/2 is offered before HTTP/1.1 (RFC 7301).
    Reads the system's authorities from the disk where it has none of its own. Raises
    ConnectionIncomplete naming the text that cannot be used, and never telling it.
    """
    try:
        context = _trusting(identity.ca, http2=http2)
    except UNUSABLE:
        raise _unusable("network.ca_secret", "holds no PEM certificates") from None
    if identity.certificate:
        _show(context, identity)
    return context


def _trusting(authorities: str, *, http2: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authorities or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
    return context


def _show(context: ssl.SSLContext, identity: TlsIdentity) -> None:
    try:
        ssl.create_default_context(cadata=identity.certificate)
    except UNUSABLE:
        raise _unusable("certificate_secret", "holds no PEM certificate") from None
    try:
        with _file(f"{identity.key}\n{identity.certificate}\n") as path:
            context.load_cert_chain(path, password=_no_password)
    except UNUSABLE:
        raise _unusable(
            "key_secret", "is no PEM key of the certificate, without a password"
        ) from None


def _no_password() -> bytes:
    """Keeps OpenSSL from asking for one at the terminal."""
    return b""


@contextmanager
def _file(text: str) -> Iterator[str]:
    """A private file for as long as OpenSSL reads it, as it takes keys from nowhere else.

    It is memory where the system has such files, so that no key comes to a disk.
    """
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("identity"), "w") as file:
            file.write(text)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            yield file.name


def _unusable(field: str, description: str) -> ConnectionIncomplete:
    problem = Violation(field=field, description=description)
    return ConnectionIncomplete(f"{field}: {description}", details=Details(violations=(problem,)))
