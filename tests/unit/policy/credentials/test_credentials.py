"""Plans are signed in the place that the document names, and what was refused is renewed."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from facade.errors.caller import ConnectionIncomplete, InvalidRequest
from facade.model.action import Location, SecurityScheme
from facade.model.call import Plan, TlsIdentity
from facade.model.credential import (
    ApiKey,
    Basic,
    Bearer,
    CustomHeaders,
    Grant,
    MutualTls,
    OAuth2,
    Passthrough,
)
from facade.model.version import Destination, Network, Variable
from facade.policy.credentials.credentials import Credentials
from tests.fakes import a_version
from tests.signers import a_call, a_signer, holds

HEADER = SecurityScheme(name="head", type="apiKey", parameter="X-Key")
QUERY = SecurityScheme(name="query", type="apiKey", location=Location.QUERY, parameter="api key")
COOKIE = SecurityScheme(name="cook", type="apiKey", location=Location.COOKIE, parameter="sid")
RAW = SecurityScheme(name="raw", type="apiKey", parameter="Authorization")
BASIC = SecurityScheme(name="basic", type="http", scheme="basic")
BEARER = SecurityScheme(name="bearer", type="http", scheme="bearer")
DSN = SecurityScheme(name="dsn", type="http", scheme="dsn")
OAUTH = SecurityScheme(name="oauth", type="oauth2")
OPENID = SecurityScheme(name="openid", type="openIdConnect")
UNDECLARED = SecurityScheme(name="undeclared", type="")

KEY = ApiKey(key="env:TOKEN")

VALUES = {
    "KEY": "k&y=ü/+",
    "TOKEN": "t0ken",
    "WORD": "pässword",
    "SPLIT": "a\r\nX: b",
    "SEMI": "a;b",
}


@pytest.fixture
async def signer() -> AsyncIterator[Credentials]:
    async with a_signer(VALUES) as credentials:
        yield credentials


async def incomplete(signer: Credentials, given: Plan) -> ConnectionIncomplete:
    with pytest.raises(ConnectionIncomplete) as refusal:
        await signer.sign(given)
    text = refusal.value.message + str(refusal.value.details)
    assert not any(value in text for value in VALUES.values())
    return refusal.value


@pytest.mark.parametrize(
    ("scheme", "kind", "header"),
    [
        (HEADER, KEY, ("X-Key", "t0ken")),
        (COOKIE, KEY, ("cookie", "sid=t0ken")),
        (RAW, ApiKey(key="env:TOKEN", prefix="Token "), ("Authorization", "Token t0ken")),
        (RAW, Bearer(token="env:TOKEN"), ("Authorization", "Bearer t0ken")),
        (BEARER, Bearer(token="env:TOKEN"), ("Authorization", "Bearer t0ken")),
        (OAUTH, Bearer(token="env:TOKEN"), ("Authorization", "Bearer t0ken")),
        (OPENID, Bearer(token="env:TOKEN"), ("Authorization", "Bearer t0ken")),
        (DSN, ApiKey(key="env:TOKEN", prefix="DSN "), ("Authorization", "DSN t0ken")),
        (UNDECLARED, KEY, ("Authorization", "t0ken")),
        (BEARER, CustomHeaders(headers={"X-Own": "env:TOKEN"}), ("X-Own", "t0ken")),
    ],
)
async def test_each_kind_of_scheme_is_signed_in_its_place(
    signer: Credentials, scheme: SecurityScheme, kind: Any, header: tuple[str, str]
) -> None:
    signed = await signer.sign(a_call(((scheme,),), holds(scheme, kind)))
    assert signed.plan.headers == (header,)
    assert signed.plan.target == "/"
    assert signed.secrets == ("t0ken",)
    assert not await signer.renew(signed, None)


async def test_basic_is_written_in_utf_8_and_each_spelling_is_a_secret(signer: Credentials) -> None:
    kind = Basic(username="jürgen", password="env:WORD")
    signed = await signer.sign(a_call(((BASIC,),), holds(BASIC, kind)))
    pair = base64.b64encode("jürgen:pässword".encode()).decode()
    assert signed.plan.headers == (("Authorization", f"Basic {pair}"),)
    assert signed.secrets == ("pässword", pair)


@pytest.mark.parametrize(("target", "sign"), [("/a", "?"), ("/a?b=%2F", "&")])
async def test_l03_a_key_in_the_query_is_encoded_and_both_spellings_are_secrets(
    signer: Credentials, target: str, sign: str
) -> None:
    given = a_call(((QUERY,),), holds(QUERY, ApiKey(key="env:KEY")), target=target)
    signed = await signer.sign(given)
    assert signed.plan.target == f"{target}{sign}api%20key=k%26y%3D%C3%BC%2F%2B"
    assert signed.secrets == ("k&y=ü/+", "k%26y%3D%C3%BC%2F%2B")


async def test_a_cookie_joins_those_that_are_there_and_a_header_takes_the_place_of_its_like(
    signer: Credentials,
) -> None:
    given = a_call(
        ((COOKIE, HEADER),),
        holds(COOKIE, KEY),
        holds(HEADER, KEY),
        headers=(("Cookie", "a=1"), ("x-key", "forged"), ("accept", "*/*")),
    )
    headers = (await signer.sign(given)).plan.headers
    assert headers == (("accept", "*/*"), ("cookie", "a=1; sid=t0ken"), ("X-Key", "t0ken"))


async def test_where_the_document_says_nothing_every_credential_is_applied(
    signer: Credentials,
) -> None:
    given = a_call(
        None,
        holds("key", ApiKey(key="env:TOKEN"), location=Location.QUERY, parameter="key"),
        holds("user", Basic(username="u", password="env:WORD")),
    )
    signed = (await signer.sign(given)).plan
    assert signed.target == "/?key=t0ken"
    assert [name for name, _ in signed.headers] == ["Authorization"]


async def test_where_the_document_says_nothing_a_key_must_say_where_it_goes(
    signer: Credentials,
) -> None:
    refusal = await incomplete(signer, a_call(None, holds("a", KEY), holds("b", KEY)))
    first, second = refusal.details.violations
    assert "`a`" in first.description
    assert "`b`" in second.description


@pytest.mark.parametrize(
    ("location", "name"),
    [
        *((Location.HEADER, each) for each in ("Host", "content-length", "Proxy-Authorization")),
        *((Location.HEADER, each) for each in ("X-K\r\nX-Evil: 1", " X-K", "X K", "X-é", ":path")),
        *((Location.COOKIE, each) for each in ("a; admin=1", "a=b", "a b", "é")),
    ],
)
async def test_h18_a_document_cannot_have_a_key_written_where_it_changes_the_request(
    signer: Credentials, location: Location, name: str
) -> None:
    scheme = SecurityScheme(name="evil", type="apiKey", location=location, parameter=name)
    told = await incomplete(signer, a_call(((scheme,),), holds(scheme, KEY)))
    (violation,) = told.details.violations
    assert violation.field == "credentials"
    assert f"the {location} that `evil` names " in violation.description


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        (HEADER, ApiKey(key="env:SPLIT")),
        (COOKIE, ApiKey(key="env:SEMI")),
        (BEARER, Bearer(token="env:SPLIT")),
        (BASIC, Basic(username="a:b", password="env:WORD")),
        (BEARER, CustomHeaders(headers={"Host": "env:TOKEN"})),
        (HEADER, ApiKey(key="env:ABSENT")),
        (HEADER, ApiKey(key="t0ken")),
    ],
)
async def test_a_value_that_cannot_be_sent_is_refused_without_being_told(
    signer: Credentials, scheme: SecurityScheme, kind: Any
) -> None:
    refusal = await incomplete(signer, a_call(((scheme,),), holds(scheme, kind)))
    assert refusal.details.violations


async def test_all_missing_secrets_are_named_at_once(signer: Credentials) -> None:
    given = a_call(
        ((HEADER, QUERY),),
        holds(HEADER, ApiKey(key="env:ONE")),
        holds(QUERY, ApiKey(key="env:TWO")),
    )
    refusal = await incomplete(signer, given)
    assert [each.field for each in refusal.details.violations] == ["env:ONE", "env:TWO"]


async def test_a_call_that_nothing_signs_goes_as_it_is(signer: Credentials) -> None:
    for given in (a_call(((HEADER,),)), a_call((), holds(HEADER, KEY))):
        signed = await signer.sign(given)
        assert signed.plan is given
        assert signed.secrets == ()
        assert await signer.who(given) == ""


async def test_secrets_of_variables_are_resolved_by_name(signer: Credentials) -> None:
    version = a_version(
        variables=(
            Variable(name="open", location=None, value="v"),
            Variable(name="tenant", location=Location.HEADER, secret="env:TOKEN"),
            Variable(name="maybe", location=None, secret="env:ABSENT", required=False),
        )
    )
    assert await signer.values(version) == {"tenant": "t0ken"}


async def test_all_variables_without_their_secret_are_named_at_once(signer: Credentials) -> None:
    names = ("ONE", "SPLIT", "TWO")
    version = a_version(
        variables=tuple(Variable(name=n, location=None, secret=f"env:{n}") for n in names)
    )
    with pytest.raises(ConnectionIncomplete) as refusal:
        await signer.values(version)
    assert [each.field for each in refusal.value.details.violations] == [f"env:{n}" for n in names]


async def test_a_client_certificate_and_authorities_belong_to_the_connection() -> None:
    kind = MutualTls(certificate="env:CERT", key="env:KEY")
    trusting = Destination(network=Network(ca="env:CA"))
    async with a_signer({"CERT": "c\n", "KEY": "k\n", "CA": "a\n"}) as signer:
        both = a_call((), version=a_version(credentials=(holds("m", kind),), destination=trusting))
        assert (await signer.sign(both)).plan.identity == TlsIdentity(
            certificate="c\n", key="k\n", ca="a\n"
        )
        alone = a_call((), version=a_version(destination=trusting))
        assert (await signer.sign(alone)).plan.identity == TlsIdentity(ca="a\n")
        assert await signer.who(alone) == ""
        assert await signer.who(both) != ""


async def test_i11_another_value_of_a_secret_is_another_identity_at_once() -> None:
    environ = {"TOKEN": "one"}
    given = a_call(((HEADER,),), holds(HEADER, KEY))
    async with a_signer(environ) as signer:
        first = await signer.who(given)
        assert await signer.who(given) == first
        environ["TOKEN"] = "two"
        assert await signer.who(given) != first
        assert (await signer.sign(given)).plan.headers == (("X-Key", "two"),)
        environ["TOKEN"] = "one"
        assert await signer.who(given) == first


async def test_i11_the_secret_of_a_variable_counts_as_well() -> None:
    environ = {"KEY": "one"}
    variables = (
        Variable(name="X-Key", location=Location.HEADER, secret="env:KEY"),
        Variable(name="X-Open", location=Location.HEADER, value="v"),
    )
    given = a_call((), version=a_version(variables=variables))
    async with a_signer(environ) as signer:
        first = await signer.who(given)
        environ["KEY"] = "two"
        assert await signer.who(given) != first
        plain = a_call((), version=a_version(variables=variables[1:]))
        assert await signer.who(plain) == ""


async def test_i02_other_credentials_and_other_callers_are_other_identities() -> None:
    rule = Passthrough(metadata="x-token", header="X-Key")
    exchange = OAuth2(grant=Grant.TOKEN_EXCHANGE, subject_metadata="x-token", token_uri="https://a")
    plans = [
        a_call(((HEADER,),), holds(HEADER, KEY)),
        a_call(((HEADER,),), holds(HEADER, ApiKey(key="env:OTHER"))),
        a_call(((HEADER,),), holds(HEADER, ApiKey(key="env:TOKEN", prefix="x"))),
        *(
            a_call(
                ((HEADER,),),
                version=a_version(passthrough=(rule,)),
                metadata={"x-token": word},
            )
            for word in ("one", "two")
        ),
        *(
            a_call(((OAUTH,),), holds(OAUTH, exchange), metadata={"x-token": word})
            for word in ("one", "two")
        ),
    ]
    async with a_signer({"TOKEN": "t", "OTHER": "t"}) as signer:
        found = [await signer.who(each) for each in plans]
    assert len(set(found)) == len(plans)
    assert "" not in found


def through(*rules: Passthrough, **metadata: str) -> Plan:
    version = a_version(passthrough=rules, credentials=(holds(BEARER, Bearer(token="env:TOKEN")),))
    given = {name.replace("_", "-"): value for name, value in metadata.items()}
    return a_call(((BEARER,),), version=version, metadata=given)


OWN = Passthrough(metadata="x-token", header="authorization", prefix="Bearer ")
MORE = Passthrough(metadata="x-session", header="X-Session")


async def test_the_callers_own_credential_takes_the_place_of_the_versions(
    signer: Credentials,
) -> None:
    signed = await signer.sign(through(OWN, MORE, x_token="mine", x_session="s", x_other="no"))
    assert signed.plan.headers == (("authorization", "Bearer mine"), ("X-Session", "s"))
    assert signed.secrets == ("mine", "s")
    assert not await signer.renew(signed, None)


@pytest.mark.parametrize("metadata", [{}, {"x_token": ""}])
async def test_without_it_the_version_signs(signer: Credentials, metadata: dict[str, str]) -> None:
    signed = await signer.sign(through(OWN, **metadata))
    assert signed.plan.headers == (("Authorization", "Bearer t0ken"),)


async def test_a_callers_credential_is_one_line_of_text(signer: Credentials) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await signer.sign(through(OWN, x_token="a\r\nX-Evil: b"))
    assert refusal.value.details.violations[0].field == "metadata.x-token"
    assert "Evil" not in refusal.value.message


async def test_a_callers_credential_cannot_become_a_header_of_the_wire(
    signer: Credentials,
) -> None:
    await incomplete(signer, through(Passthrough(metadata="x-token", header="Host"), x_token="h"))


async def test_through_a_facade_a_callers_credential_goes_on_under_its_own_key(
    signer: Credentials,
) -> None:
    version = a_version(passthrough=(OWN,), destination=Destination(indirect=True))
    given = a_call(((BEARER,),), version=version, metadata={"x-token": "mine", "x-other": "no"})
    signed = await signer.sign(given)
    assert signed.plan.headers == (("x-token", "mine"),)
    assert signed.secrets == ("mine",)


async def test_through_a_facade_the_token_that_is_to_be_exchanged_goes_on(
    signer: Credentials,
) -> None:
    kind = OAuth2(grant=Grant.TOKEN_EXCHANGE, subject_metadata="x-user", token_uri="https://i/t")
    there = Destination(indirect=True)
    version = a_version(credentials=(holds(OAUTH, kind),), destination=there)
    given = a_call(((OAUTH,),), version=version, metadata={"x-user": "hers"})
    assert (await signer.sign(given)).plan.headers == (("x-user", "hers"),)


async def test_somebody_elses_facade_gets_no_credential_of_the_callers(
    signer: Credentials,
) -> None:
    there = Destination(indirect=True, mark="x-facade")
    version = a_version(passthrough=(OWN,), destination=there)
    given = a_call(((BEARER,),), version=version, metadata={"x-token": "mine"})
    assert (await signer.sign(given)).plan is given


async def test_a_dry_run_asks_for_no_token(signer: Credentials) -> None:
    kind = OAuth2(grant=Grant.CLIENT_CREDENTIALS, token_uri="https://id.example/t")
    shown = await signer.preview(a_call(((OAUTH,),), holds(OAUTH, kind)))
    assert shown.plan.headers == (("Authorization", "Bearer ***"),)
    static = await signer.preview(a_call(((HEADER,),), holds(HEADER, KEY)))
    assert static.plan.headers == (("X-Key", "t0ken"),)


async def test_a_token_to_exchange_that_is_missing_is_named(signer: Credentials) -> None:
    kind = OAuth2(grant=Grant.TOKEN_EXCHANGE, subject_metadata="x-user", token_uri="https://a")
    refusal = await incomplete(signer, a_call(((OAUTH,),), holds(OAUTH, kind)))
    assert refusal.details.violations[0].field == "metadata.x-user"
