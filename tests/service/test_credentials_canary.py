"""L01: a secret of every kind of credential is found where it must be, and nowhere else."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from facade.errors.fault import Fault
from facade.model.action import Location
from facade.model.call import Plan, Reply
from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    ClientAuthentication,
    CustomHeaders,
    Digest,
    Grant,
    MutualTls,
    OAuth2,
    Passthrough,
)
from facade.policy.credentials.credentials import Credentials
from facade.transcode.redact import blank, forms_of
from facade.transport import Transport
from tests.fakes import a_version
from tests.signers import a_call, a_signer, holds
from tests.token_servers import TokenServer, said

CANARY = 'can/ary+ü"5e=cret'
CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
REFUSED = Reply(status=401, headers=(("www-authenticate", CHALLENGE),), body=b"")
EXCHANGE: dict[str, Any] = {"grant": Grant.TOKEN_EXCHANGE, "subject_metadata": "x-user"}
WORD: dict[str, Any] = {"grant": Grant.PASSWORD, "username": "u", "password": "env:CANARY"}
REFRESH: dict[str, Any] = {"grant": Grant.REFRESH_TOKEN, "refresh_token": "env:CANARY"}
KEYED: dict[str, Any] = {"grant": Grant.JWT_BEARER, "private_key": "env:CANARY"}
POST: dict[str, Any] = {"client_authentication": ClientAuthentication.POST}


def oauth2(**fields: Any) -> OAuth2:
    given: dict[str, Any] = {
        "grant": Grant.CLIENT_CREDENTIALS,
        "client_id": "me",
        "client_secret": "env:CANARY",
    }
    return OAuth2(**given | fields)


KINDS: Mapping[str, Any] = {
    "basic": Basic(username="u", password="env:CANARY"),
    "digest": Digest(username="u", password="env:CANARY"),
    "bearer": Bearer(token="env:CANARY"),
    "key": ApiKey(key="env:CANARY", prefix="Token "),
    "client": oauth2(),
    "post": oauth2(**POST),
    "password": oauth2(**WORD),
    "refresh": oauth2(**REFRESH),
    "exchange": oauth2(**EXCHANGE),
    "assertion": oauth2(**KEYED),
    "certificate": MutualTls(certificate="env:CANARY", key="env:CANARY"),
    "aws": AwsSigV4(
        access_key_id="env:CANARY",
        secret_access_key="env:CANARY",
        session_token="env:CANARY",
        region="r",
        service="s",
    ),
    "headers": CustomHeaders(headers={"X-Own": "env:CANARY"}),
}

FORMS = forms_of([CANARY])


def is_found(text: str) -> bool:
    """Whether the secret stands in a text, in any of its spellings."""
    return blank(text, FORMS) != text


def shown(plan: Plan) -> str:
    """What an exchange tells of a request."""
    return plan.target + "".join(f"{name}: {value}\n" for name, value in plan.headers)


def needing(kind: Any, uri: str) -> Plan:
    if isinstance(kind, OAuth2):
        kind = replace(kind, token_uri=uri)
    credential = holds("s", kind, location=Location.QUERY, parameter="k")
    return a_call(None, credential, metadata={"x-user": CANARY})


async def faults(signer: Credentials, plan: Plan) -> list[str]:
    """Everything that a failure says of itself."""
    try:
        await signer.sign(plan)
    except Fault as fault:
        return [str(fault), repr(fault), repr(fault.details), repr(fault.__cause__)]
    return []


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("answer", ["token", "echo", "failure"])
async def test_l01_a_canary_is_in_no_text_that_anybody_sees(
    transport: Transport, caplog: pytest.LogCaptureFixture, name: str, answer: str
) -> None:
    caplog.set_level(logging.DEBUG)

    def echoed(form: dict[str, str]) -> bytes:
        error = CANARY if answer == "echo" else "invalid_client"
        return said({"error": error, "error_description": f"{CANARY} {form}"}, 400)

    async with (
        TokenServer(None if answer == "token" else echoed, access_token="t0k-canary") as server,
        a_signer({"CANARY": CANARY}, transport) as signer,
    ):
        plan = needing(KINDS[name], server.uri)
        told = await faults(signer, plan)
        if not told:
            signed = await signer.sign(plan)
            if await signer.renew(signed, REFUSED):
                signed = await signer.sign(plan)
            assert {*signed.secrets} == {*await signer.secrets(plan)}
            dry = await signer.preview(plan)
            for each in (signed, dry):
                assert not is_found(repr(each))
                masked = blank(shown(each.plan), forms_of(each.secrets))
                assert not is_found(masked)
                assert "t0k-canary" not in masked
        told += [await signer.who(plan), repr(signer)]
        told += [each.getMessage() for each in caplog.records]
        told += [
            repr(memo.ready)
            for memos in signer._memos._values.values()
            for memo in (*memos.young.values(), *memos._old.values())
        ]
        assert not is_found("\n".join(told))


async def test_l01_a_callers_own_canary_is_masked_too(transport: Transport) -> None:
    rule = Passthrough(metadata="x-user", header="X-User", prefix="Bearer ")
    async with a_signer({}, transport) as signer:
        plan = a_call(None, version=a_version(passthrough=(rule,)), metadata={"x-user": CANARY})
        signed = await signer.sign(plan)
        assert is_found(shown(signed.plan))
        assert not is_found(blank(shown(signed.plan), forms_of(signed.secrets)))
        assert not is_found(repr(signed))
        assert not is_found(await signer.who(plan))
