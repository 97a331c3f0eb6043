"""Where a face listens, and the TLS that it needs there: one rule for both faces."""

import contextlib
import logging
import socket
import ssl
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from facade.app.addresses import UNIX, is_local
from facade.config import Misconfigured, Settings

LOGGER = logging.getLogger(__name__)

BACKLOG = 2048

KEPT = "the certificate of before stays in use: %s"

LOOK = 1.0
"""Seconds between looks whether the files of TLS have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """The PEM files of a server's TLS."""

    certificate: Path
    key: Path
    authority: Path | None = None
    """Who signs the certificates that callers must show; None: they need none."""

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or later by the files as they are now; raises Misconfigured."""
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            # A session that is taken up again would pass by a certificate that is no longer valid.
            context.options |= ssl.OP_NO_TICKET
            context.num_tickets = 0
            context.load_cert_chain(self.certificate, self.key)
            if self.authority is not None:
                context.load_verify_locations(self.authority)
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ssl.SSLError) as problem:
            files = ", ".join(str(each) for each in self.all())
            raise Misconfigured(f"TLS cannot be set up with {files}: {problem}") from None
        return context

    def all(self) -> tuple[Path, ...]:
        """Every file."""
        return tuple(each for each in (self.certificate, self.key, self.authority) if each)


class Changes:
    """Tells when the files of TLS have changed."""

    def __init__(self, files: TlsFiles, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes the files as they are now."""
        self._files = files
        self._clock = clock
        self._stamps = _stamps(files)
        self._looked = clock()

    def seen(self) -> bool:
        """Whether they have changed since the last time; looks at most once in LOOK seconds."""
        now = self._clock()
        if now - self._looked < LOOK:
            return False
        self._looked = now
        before, self._stamps = self._stamps, _stamps(self._files)
        return before != self._stamps


class FreshTls:
    """TLS for a listener that goes on with new files as they change."""

    def __init__(self, files: TlsFiles, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads the files; raises Misconfigured."""
        self._files = files
        self._changes = Changes(files, clock)
        self._current = files.context()
        self.context = files.context()
        """What to listen with; each handshake goes on with the files of its moment."""
        self.context.sni_callback = self._begin

    def current(self) -> ssl.SSLContext:
        """The files as they are, or as they were while they could be used."""
        if self._changes.seen():
            try:
                self._current = self._files.context()
            except Misconfigured as problem:
                LOGGER.warning(KEPT, problem)
        return self._current

    def _begin(
        self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext
    ) -> None:
        connection.context = self.current()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where an HTTP server listens, and how."""

    address: str
    """HOST:PORT or unix:PATH."""
    tls: TlsFiles | None = None
    shared: bool = False
    """Whether other processes listen on the same port."""


def tls_for(settings: Settings, setting: str) -> TlsFiles | None:
    """TLS of the face whose address is that setting, or None for none.

    In the clear only on loopback and Unix sockets, in the development profile too: with it the
    gateway calls backends on this machine for whoever reaches it. Beyond them callers must show
    certificates, which that profile alone spares them. Raises Misconfigured.
    """
    address = getattr(settings, setting)
    certificate, key, authority = settings.tls_cert, settings.tls_key, settings.tls_client_ca
    if not (certificate or key or authority):
        if not is_local(address):
            raise Misconfigured(
                f"{setting}: {address} is beyond this host, where callers must show certificates: "
                "set tls_cert, tls_key and tls_client_ca, or listen on 127.0.0.1 or unix:PATH"
            )
        return None
    if certificate is None or key is None:
        raise Misconfigured("tls_cert and tls_key go together, and tls_client_ca with them")
    if authority is None and not (settings.dev or is_local(address)):
        raise Misconfigured(
            f"{setting}: {address} is beyond this host, where callers must show certificates: "
            "set tls_client_ca"
        )
    return TlsFiles(certificate=certificate, key=key, authority=authority)


def listen(binding: Binding) -> socket.socket:
    """A socket that listens; raises Misconfigured where the address cannot be had."""
    address = binding.address
    try:
        if address.startswith(UNIX):
            return _listen_unix(Path(address.removeprefix(UNIX)))
        host, _, port = address.rpartition(":")
        found = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return _listen(found[0][0], found[0][4], shared=binding.shared)
    except (OSError, OverflowError) as problem:
        why = getattr(problem, "strerror", None) or "no such port"
        raise Misconfigured(f"cannot listen on {address}: {why}") from None


def _listen(family: int, where: tuple[object, ...] | str, *, shared: bool) -> socket.socket:
    # Only of a socket whose protocol is named does asyncio turn Nagle's algorithm off, which
    # would hold the body of each answer back for 40 ms.
    named = 0 if family == socket.AF_UNIX else socket.IPPROTO_TCP
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM, named))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
        listener.settimeout(0)
        stack.pop_all()
        return listener


def _listen_unix(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()
    return _listen(socket.AF_UNIX, str(path), shared=False)


def _stamps(files: TlsFiles) -> tuple[tuple[int, int, int], ...]:
    return tuple(_stamp(each) for each in files.all())


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size
