import asyncio
import ssl
from contextlib import suppress

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from msgspec import structs

from facade.errors.backend import BackendTls
from facade.errors.caller import ConnectionIncomplete
from facade.errors.fault import Effect
from facade.model.call import TlsIdentity
from facade.network.tls import context_of
from facade.transport import Transport
from tests.fakes import OK, HttpBackend, RawBackend, Script, a_plan, fails, ok, server_tls, trusting

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def identity_of(authority: trustme.CA, name: str = "client.example") -> TlsIdentity:
    """A certificate that the authority gave, and trust in that authority."""
    issued = authority.issue_cert(name)
    return TlsIdentity(
        certificate=b"".join(each.bytes() for each in issued.cert_chain_pems).decode(),
        key=issued.private_key_pem.bytes().decode(),
        ca=pem(authority),
    )


def demanding(authority: trustme.CA, version: ssl.TLSVersion) -> ssl.SSLContext:
    """What a backend needs that lets in only those whom the authority knows."""
    context = server_tls(authority)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_certificate_is_shown(
    transport: Transport, authority: trustme.CA, version: ssl.TLSVersion
) -> None:
    async with HttpBackend(OK, tls=demanding(authority, version)) as backend:
        for _ in range(3):
            await ok(transport, backend, identity=identity_of(authority, "one.example"))
        assert backend.connections == 3
        identity = identity_of(authority, "two.example")
        for _ in range(3):
            await ok(transport, backend, identity=structs.replace(identity))
        assert backend.connections == 4


def alerting(tls: ssl.SSLContext) -> Script:
    """Says why it ends a handshake, as OpenSSL does, and asyncio does not."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = tls.wrap_bio(incoming, outgoing, server_side=True)
        while data := await reader.read(65536):
            incoming.write(data)
            with suppress(ssl.SSLError):
                session.do_handshake()
            writer.write(outgoing.read())

    return script


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("shown", ["none", "foreign"])
async def test_d45_a_certificate_that_the_backend_does_not_take_is_a_failure_of_tls(
    transport: Transport, authority: trustme.CA, version: ssl.TLSVersion, shown: str
) -> None:
    identity = TlsIdentity(ca=pem(authority))
    if shown == "foreign":
        identity = structs.replace(identity_of(trustme.CA()), ca=pem(authority))
    async with RawBackend(alerting(demanding(authority, version))) as backend:
        plan = a_plan(f"https://127.0.0.1:{backend.port}", identity=identity, method="POST")
        with pytest.raises(BackendTls) as failure:
            await transport.send(plan)
        assert failure.value.effect is Effect.NOT_EXECUTED


async def test_d45_a_rotated_certificate_is_used_at_once(
    transport: Transport, authority: trustme.CA
) -> None:
    after = trustme.CA()
    tls = demanding(authority, ssl.TLSVersion.TLSv1_3)
    after.configure_trust(tls)
    async with HttpBackend(OK, tls=tls) as backend:
        await ok(transport, backend, identity=identity_of(authority))
        await ok(
            transport, backend, identity=structs.replace(identity_of(after), ca=pem(authority))
        )
        assert backend.connections == 2


async def test_authorities_of_its_own_stand_in_the_place_of_those_of_the_system(
    authority: trustme.CA,
) -> None:
    other = trustme.CA()
    transport = trusting(authority)
    async with HttpBackend(OK, tls=server_tls(other)) as backend:
        await ok(transport, backend, identity=TlsIdentity(ca=pem(other)))
        await ok(transport, backend, identity=TlsIdentity(ca=pem(authority) + pem(other)))
        for identity in (None, TlsIdentity(ca=pem(authority))):
            assert type(await fails(transport, backend, identity=identity)) is BackendTls
    await transport.close()


@pytest.mark.parametrize("wrong", ["name", "old"])
async def test_d44_trust_of_its_own_weakens_nothing_else(
    transport: Transport, authority: trustme.CA, wrong: str
) -> None:
    tls = server_tls(authority, "other.example" if wrong == "name" else "127.0.0.1")
    if wrong == "old":
        tls.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_1
    async with HttpBackend(OK, tls=tls) as backend:
        fault = await fails(transport, backend, identity=identity_of(authority))
        assert type(fault) is BackendTls


def locked(key: str) -> str:
    """The same key under a password."""
    loaded = load_pem_private_key(key.encode(), None)
    return loaded.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    ).decode()


FIELDS = {"ca": "network.ca_secret", "certificate": "certificate_secret", "key": "key_secret"}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("ca", "nonsense"),
        ("ca", "näh"),
        ("ca", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("certificate", "nonsense"),
        ("certificate", "näh"),
        ("key", ""),
        ("key", "nonsense"),
        ("key", "locked"),
        ("key", "another"),
    ],
)
async def test_d45_a_text_that_is_no_pem_is_named_and_not_told(
    transport: Transport, authority: trustme.CA, field: str, text: str
) -> None:
    identity = identity_of(authority)
    texts = {"locked": locked(identity.key), "another": identity_of(authority).key}
    broken = structs.replace(identity, **{field: texts.get(text, text)})
    with pytest.raises(ConnectionIncomplete) as refusal:
        await transport.send(a_plan("https://127.0.0.1:1", identity=broken))
    fault = refusal.value
    assert [each.field for each in fault.details.violations] == [FIELDS[field]]
    assert fault.effect is Effect.NOT_EXECUTED
    assert (str(fault.__cause__), fault.__suppress_context__) == ("None", True)
    for secret in (text, identity.key, identity.certificate):
        assert not secret or secret not in f"{fault.message}{fault.details}"
    assert identity.key not in repr(identity)


async def test_every_context_checks_names_and_speaks_tls_1_2_at_least(
    authority: trustme.CA,
) -> None:
    for identity in (TlsIdentity(), TlsIdentity(ca=pem(authority)), identity_of(authority)):
        context = context_of(identity)
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
