"""Mail: messages for people, handed to the operator's mail server (RFC 5321)."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from facade.config import Misconfigured
from facade.errors.history import MailUnavailable

TIMEOUT: Final = 10.0
"""Seconds that the server has for each of its answers."""
WHOLE: Final = 30.0
"""Seconds that a mail may take in all."""
PORTS: Final = {"smtp": 587, "smtps": 465}
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
RECIPIENTS: Final = 100
LARGEST: Final = 256 * 1024
"""Characters of a mail's text."""


class Mail:
    """Sends mails by the server of the settings; where there is none, each is refused."""

    def __init__(
        self,
        url: str,
        sender: str,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        patience: float = WHOLE,
    ) -> None:
        """Takes the server's URL, empty for none, who mails come from, and whom TLS trusts.

        `patience`: seconds that a mail may take in all. Raises Misconfigured where the URL is none.
        """
        try:
            self._parts = urlsplit(url)
            self._port = self._parts.port or PORTS.get(self._parts.scheme, 0)
        except ValueError:
            raise Misconfigured("smtp: the port is none") from None
        if url and not self._parts.hostname:
            raise Misconfigured("smtp: names no server: smtp://user:password@host:587")
        self._sender = sender
        self._trust = trust
        self._patience = patience

    @property
    def is_set(self) -> bool:
        """Whether there is a server."""
        return bool(self._parts.hostname)

    async def send(self, to: str, subject: str, text: str) -> None:
        """Sends a mail to addresses with commas between; raises MailUnavailable.

        What is told of a failure has no address and no word of the server's own in it.
        """
        if not self.is_set:
            raise MailUnavailable("there is no mail server: set `smtp`")
        message = _message(self._sender, to, subject, text)
        opened: list[smtplib.SMTP] = []
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.to_thread(self._hand_over, message, opened)
        except TimeoutError:
            _hang_up(opened)
            raise MailUnavailable("the mail server does not answer in time") from None
        except smtplib.SMTPRecipientsRefused:
            raise MailUnavailable("the mail server refuses the recipients") from None
        except smtplib.SMTPResponseException as problem:
            said = f"the mail server refuses the mail: {problem.smtp_code}"
            raise MailUnavailable(said) from None
        except ssl.SSLError:
            raise MailUnavailable("the mail server's certificate is not trusted") from None
        except (smtplib.SMTPException, OSError, UnicodeError) as problem:
            said = f"the mail server does not take the mail: {type(problem).__name__}"
            raise MailUnavailable(said) from None

    def _hand_over(self, message: EmailMessage, opened: list[smtplib.SMTP]) -> None:
        """In a thread: smtplib blocks."""
        with self._connected(opened) as server:
            parts = self._parts
            if parts.username:
                self._log_in(server, unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)

    def _log_in(self, server: smtplib.SMTP, user: str, password: str) -> None:
        """Some servers hang up on a login that is wrong."""
        try:
            server.login(user, password)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected):
            raise MailUnavailable("the mail server refuses the login of `smtp`") from None

    def _connected(self, opened: list[smtplib.SMTP]) -> smtplib.SMTP:
        host = self._parts.hostname or ""
        if self._parts.scheme == "smtps":
            return _TlsServer(opened, host, self._port, timeout=TIMEOUT, context=self._trust())
        server = _Server(opened, host, self._port, timeout=TIMEOUT)
        try:
            self._secure(server, host)
        except BaseException:
            server.close()
            raise
        return server

    def _secure(self, server: smtplib.SMTP, host: str) -> None:
        """TLS where it is offered; raises MailUnavailable where a login would go in the clear."""
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=self._trust())
            server.ehlo()
        elif self._parts.username and host not in LOCAL:
            raise MailUnavailable("the mail server offers no TLS, and a login is not shown")


class _Known:
    """A server that is known before it has answered, so that its connection can be ended."""

    def __init__(self, opened: list[Any], *args: Any, **more: Any) -> None:
        opened.append(self)
        super().__init__(*args, **more)


class _Server(_Known, smtplib.SMTP):
    """One that is spoken to in the clear at first."""


class _TlsServer(_Known, smtplib.SMTP_SSL):
    """One that is spoken to in TLS alone."""


def _hang_up(opened: list[smtplib.SMTP]) -> None:
    """Ends connections: the thread of a server that never ends its answer would be gone for good.

    The gateway has few of them, for all that blocks.
    """
    for server in opened:
        if server.sock is not None:
            with suppress(OSError):
                server.sock.shutdown(socket.SHUT_RDWR)


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """The mail; raises MailUnavailable for what would write header fields of its own."""
    if any(sign in field for field in (sender, to, subject) for sign in "\r\n\0"):
        raise MailUnavailable("a mail's addresses and subject are one line each")
    addresses = [each.strip() for each in to.split(",") if each.strip()]
    if not addresses or len(addresses) > RECIPIENTS or not all("@" in each for each in addresses):
        raise MailUnavailable(f"a mail goes to 1 to {RECIPIENTS} addresses, commas between")
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = sender
        message["To"] = ", ".join(addresses)
        message["Subject"] = subject.replace("=?", "= ?")  # encoded words may hide line breaks
    except Exception:  # noqa: BLE001 - the library's parser fails on odd addresses as it likes
        raise MailUnavailable("a mail's addresses and subject cannot be written") from None
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text[:LARGEST])
    return message
