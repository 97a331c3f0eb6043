"""Digest, with a real backend that asks for it."""

from msgspec import structs

from facade.model.action import SecurityScheme
from facade.model.credential import Digest
from facade.transport import Transport
from tests.fakes import HttpBackend
from tests.signers import a_call, a_signer, holds
from tests.token_servers import said

CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
DIGEST = SecurityScheme(name="s", type="http", scheme="digest")


async def test_a_digest_is_proved_after_the_first_challenge_and_then_at_once(
    transport: Transport,
) -> None:
    def judged(request: bytes) -> bytes:
        if b"\r\nAuthorization: Digest " in request and b'uri="/things?a=b"' in request:
            return said({})
        return (
            b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n"
            + f"WWW-Authenticate: {CHALLENGE}\r\n\r\n".encode()
        )

    async with HttpBackend(judged) as backend, a_signer({"P": "p"}, transport) as signer:
        kind = Digest(username="u", password="env:P")
        call = a_call(((DIGEST,),), holds("s", kind), target="/things?a=b")
        plan = structs.replace(call, origin=backend.origin)
        statuses = []
        for _ in range(3):
            signed = await signer.sign(plan)
            reply = await transport.send(signed.plan)
            statuses.append(reply.status)
            if reply.status == 401:
                assert await signer.renew(signed, reply)
        assert statuses == [401, 200, 200]
        counts = [request.partition(b"nc=")[2][:8] for request in backend.requests[1:]]
        assert counts == [b"00000001", b"00000002"]
