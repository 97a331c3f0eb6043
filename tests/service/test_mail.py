"""Mails to a real SMTP server: what it gets, and what is told where it does not take them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any, TypeAlias

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from facade.config import Misconfigured
from facade.errors.history import MailUnavailable
from facade.mail import Mail

Trust: TypeAlias = Callable[[], ssl.SSLContext]


class Mailbox:
    """Keeps what it is given."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.taken: list[tuple[list[str], Any]] = []
        self.encrypted: list[bool] = []

    async def handle_DATA(self, _server: object, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusal:
            return self.refusal
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append((envelope.rcpt_tos, message_from_bytes(content, policy=default)))
        self.encrypted.append(session.ssl is not None)
        return "250 taken"


@asynccontextmanager
async def server(box: Mailbox, **options: Any) -> AsyncIterator[int]:
    """A server of mails on a free port of this machine."""
    loop = asyncio.get_running_loop()
    made = await loop.create_server(lambda: SMTP(box, loop=loop, **options), "127.0.0.1", 0)
    async with made:
        yield made.sockets[0].getsockname()[1]


def mail(url: str, trust: Any = ssl.create_default_context) -> Mail:
    return Mail(url, "portico@gateway.example", trust)


async def test_a_mail_arrives_with_its_subject_and_text() -> None:
    box = Mailbox()
    async with server(box) as port:
        await mail(f"smtp://127.0.0.1:{port}").send(
            "a@b.example, c@d.example", "Größer als erwartet", "Zeile 1\nZeile 2: ü\n"
        )
    ((recipients, message),) = box.taken
    assert recipients == ["a@b.example", "c@d.example"]
    assert message["subject"] == "Größer als erwartet"
    assert message["from"] == "portico@gateway.example"
    assert message["auto-submitted"] == "auto-generated"
    assert message.get_content().splitlines() == ["Zeile 1", "Zeile 2: ü"]


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("a@b.example", "hello\r\nBcc: all@b.example"),
        ("a@b.example\nBcc: all@b.example", "hello"),
        ("a@b.example", "hello\0"),
        ("", "hello"),
        ("nobody", "hello"),
        ("@,.u a@b", "hello"),
        (":;]Qu@[a@b", "hello"),
        ("\x1c,..:@b.c", "hello"),
        (", ".join(["a@b.example"] * 101), "hello"),
    ],
)
async def test_header_fields_cannot_be_smuggled_in(to: str, subject: str) -> None:
    box = Mailbox()
    async with server(box) as port:
        with pytest.raises(MailUnavailable):
            await mail(f"smtp://127.0.0.1:{port}").send(to, subject, "text")
    assert box.taken == []


async def test_encoded_words_of_a_subject_write_no_header_fields() -> None:
    """RFC 2047 may hide a line break, which would stand in the mail as one once it is written."""
    box = Mailbox()
    async with server(box) as port:
        hidden = "=?utf-8?q?=0d=0aBcc:_all@b.example=0d=0a=0d=0aPay_me?= ü"
        await mail(f"smtp://127.0.0.1:{port}").send("a@b.example", hidden, "text")
    ((recipients, message),) = box.taken
    assert recipients == ["a@b.example"]
    assert message["bcc"] is None
    assert message.get_content().strip() == "text"


class Endless(asyncio.Protocol):
    """A server whose first answer has no end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.go_on(transport)

    def go_on(self, transport: asyncio.Transport) -> None:
        if not transport.is_closing():
            transport.write(b"220-hello\r\n")
            asyncio.get_running_loop().call_later(0.01, self.go_on, transport)


async def test_a_server_that_never_ends_its_answer_keeps_no_thread() -> None:
    """Those that block have few threads of the process between them."""
    made = await asyncio.get_running_loop().create_server(Endless, "127.0.0.1", 0)
    async with made:
        url = f"smtp://127.0.0.1:{made.sockets[0].getsockname()[1]}"
        slow = Mail(url, "portico@gateway.example", patience=0.3)
        sent = [slow.send("a@b.example", "s", "t") for _ in range(40)]
        failed = await asyncio.gather(*sent, return_exceptions=True)
        assert {type(each) for each in failed} == {MailUnavailable}
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(lambda: True)


async def test_a_text_with_a_lone_dot_and_headers_of_its_own_is_a_text() -> None:
    box = Mailbox()
    async with server(box) as port:
        await mail(f"smtp://127.0.0.1:{port}").send("a@b.example", "s", "one\n.\nSubject: two\n")
    ((_, message),) = box.taken
    assert message["subject"] == "s"
    assert message.get_content().splitlines() == ["one", ".", "Subject: two"]


@pytest.fixture
def tls(authority: trustme.CA) -> tuple[ssl.SSLContext, Trust]:
    """What a server shows as `localhost`, and what believes it."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)

    def trust() -> ssl.SSLContext:
        ours = ssl.create_default_context()
        authority.configure_trust(ours)
        return ours

    return theirs, trust


async def test_the_login_of_the_url_is_shown_to_the_server_over_tls(
    tls: tuple[ssl.SSLContext, Trust],
) -> None:
    shown = []

    def known(_server: object, _session: object, _envelope: object, _how: str, data: Any) -> Any:
        shown.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)

    box, (theirs, trust) = Mailbox(), tls
    options = {"tls_context": theirs, "authenticator": known, "auth_required": True}
    async with server(box, require_starttls=True, **options) as port:
        await mail(f"smtp://me:p%40ss@localhost:{port}", trust).send("a@b.example", "s", "t")
        with pytest.raises(MailUnavailable, match="refuses the login") as caught:
            await mail(f"smtp://me:other@localhost:{port}", trust).send("a@b.example", "s", "t")
    assert shown[0] == (b"me", b"p@ss")
    assert len(box.taken) == 1
    assert "other" not in str(caught.value)


async def test_a_server_that_hangs_up_on_a_login_refuses_it() -> None:
    def hangs_up(asked: Any, *_given: object) -> Any:
        asked.transport.close()
        return AuthResult(success=False)

    options = {"authenticator": hangs_up, "auth_require_tls": False}
    async with server(Mailbox(), **options) as port:
        with pytest.raises(MailUnavailable, match="refuses the login"):
            await mail(f"smtp://me:other@127.0.0.1:{port}").send("a@b.example", "s", "t")


async def test_tls_is_used_where_it_is_offered_and_judged(
    tls: tuple[ssl.SSLContext, Trust],
) -> None:
    box, (theirs, trust) = Mailbox(), tls
    async with server(box, tls_context=theirs) as port:
        await mail(f"smtp://localhost:{port}", trust).send("a@b.example", "s", "t")
        with pytest.raises(MailUnavailable, match="not trusted"):
            await mail(f"smtp://localhost:{port}").send("a@b.example", "s", "t")
    assert box.encrypted == [True]


@pytest.mark.parametrize("refusal", ["550 no such mailbox", "451 later"])
async def test_a_refusal_is_told_by_its_number_and_not_its_words(refusal: str) -> None:
    async with server(Mailbox(refusal)) as port:
        with pytest.raises(MailUnavailable) as caught:
            await mail(f"smtp://127.0.0.1:{port}").send("a@b.example", "s", "t")
    assert refusal[:3] in str(caught.value)
    assert "mailbox" not in str(caught.value)


async def test_a_server_that_is_not_there_is_told_of() -> None:
    async with server(Mailbox()) as port:
        pass
    with pytest.raises(MailUnavailable, match="does not take the mail"):
        await mail(f"smtp://127.0.0.1:{port}").send("a@b.example", "s", "t")


async def test_without_a_server_each_mail_is_refused() -> None:
    none = mail("")
    assert not none.is_set
    with pytest.raises(MailUnavailable, match="set `smtp`"):
        await none.send("a@b.example", "s", "t")


@pytest.mark.parametrize("url", ["smtp://:25", "smtp://host:port"])
def test_a_url_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(Misconfigured, match="smtp"):
        mail(url)
