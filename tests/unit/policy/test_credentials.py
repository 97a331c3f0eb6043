import base64
from typing import Any

import pytest

from facade.errors.caller import ConnectionIncomplete
from facade.model.action import Action, Location, Requirement, SecurityScheme
from facade.model.call import Plan
from facade.model.version import ApiKey, Basic, Bearer, Credential, Destination, Variable
from facade.policy.credentials import Credentials
from facade.secrets import Secrets
from tests.fakes import a_plan, a_version

VALUES = {
    "KEY": "k&y=ü/+",
    "TOKEN": "t0ken",
    "WORD": "pässword",
    "SPLIT": "a\r\nX: b",
    "SEMI": "a;b",
}
CREDENTIALS = Credentials(Secrets(VALUES, ("*",), None))

HEADER = SecurityScheme(name="head", type="apiKey", parameter="X-Key")
QUERY = SecurityScheme(name="query", type="apiKey", location=Location.QUERY, parameter="api key")
COOKIE = SecurityScheme(name="cook", type="apiKey", location=Location.COOKIE, parameter="sid")
RAW = SecurityScheme(name="raw", type="apiKey", parameter="Authorization")
BASIC = SecurityScheme(name="basic", type="http", scheme="basic")
BEARER = SecurityScheme(name="bearer", type="http", scheme="bearer")
DSN = SecurityScheme(name="dsn", type="http", scheme="dsn")
OAUTH = SecurityScheme(name="oauth", type="oauth2")
OPENID = SecurityScheme(name="openid", type="openIdConnect")
MUTUAL = SecurityScheme(name="mutual", type="mutualTLS")

KEY = ApiKey(key="env:TOKEN")
CERTIFICATE = "a client certificate, which versions cannot hold yet"


def holds(scheme: SecurityScheme | str, kind: Any, **fields: Any) -> Credential:
    name = scheme if isinstance(scheme, str) else scheme.name
    return Credential(scheme=name, kind=kind, **fields)


def plan(security: tuple[Requirement, ...] | None, *credentials: Credential, **fields: Any) -> Plan:
    action = Action(id="a", method="GET", path="/", pointer="", security=security)
    version = a_version(credentials=credentials)
    return a_plan("https://shop.example", **{"action": action, "version": version} | fields)


def incomplete(given: Plan) -> ConnectionIncomplete:
    with pytest.raises(ConnectionIncomplete) as refusal:
        CREDENTIALS.sign(given)
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
    ],
)
def test_each_kind_of_scheme_is_signed_in_its_place(
    scheme: SecurityScheme, kind: Any, header: tuple[str, str]
) -> None:
    signed = CREDENTIALS.sign(plan(((scheme,),), holds(scheme, kind)))
    assert signed.plan.headers == (header,)
    assert signed.plan.target == "/"
    assert signed.secrets == ("t0ken",)


def test_basic_is_written_in_utf_8_and_each_spelling_is_a_secret() -> None:
    kind = Basic(username="jürgen", password="env:WORD")
    signed = CREDENTIALS.sign(plan(((BASIC,),), holds(BASIC, kind)))
    pair = base64.b64encode("jürgen:pässword".encode()).decode()
    assert signed.plan.headers == (("Authorization", f"Basic {pair}"),)
    assert signed.secrets == ("pässword", pair)


@pytest.mark.parametrize(("target", "sign"), [("/a", "?"), ("/a?b=%2F", "&")])
def test_l03_a_key_in_the_query_is_encoded_and_both_spellings_are_secrets(
    target: str, sign: str
) -> None:
    given = plan(((QUERY,),), holds(QUERY, ApiKey(key="env:KEY")), target=target)
    signed = CREDENTIALS.sign(given)
    assert signed.plan.target == f"{target}{sign}api%20key=k%26y%3D%C3%BC%2F%2B"
    assert signed.secrets == ("k&y=ü/+", "k%26y%3D%C3%BC%2F%2B")


def test_a_cookie_joins_those_that_are_there_and_a_header_takes_the_place_of_its_like() -> None:
    given = plan(
        ((COOKIE, HEADER),),
        holds(COOKIE, KEY),
        holds(HEADER, KEY),
        headers=(("Cookie", "a=1"), ("x-key", "forged"), ("accept", "*/*")),
    )
    headers = CREDENTIALS.sign(given).plan.headers
    assert headers == (("accept", "*/*"), ("cookie", "a=1; sid=t0ken"), ("X-Key", "t0ken"))


def test_the_first_requirement_that_can_be_met_whole_is_taken() -> None:
    given = plan(((BASIC,), (HEADER, QUERY), (BEARER,)), holds(BEARER, Bearer(token="env:TOKEN")))
    assert CREDENTIALS.sign(given).plan.headers == (("Authorization", "Bearer t0ken"),)
    both = plan(((BASIC,), (HEADER, QUERY)), holds(HEADER, KEY), holds(QUERY, KEY))
    signed = CREDENTIALS.sign(both).plan
    assert (signed.headers, signed.target) == ((("X-Key", "t0ken"),), "/?api%20key=t0ken")


def test_optional_security_is_signed_where_it_can_be() -> None:
    assert CREDENTIALS.sign(plan(((), (HEADER,)))).plan.headers == ()
    signed = CREDENTIALS.sign(plan(((), (HEADER,)), holds(HEADER, KEY)))
    assert signed.plan.headers == (("X-Key", "t0ken"),)


def test_an_action_that_switches_security_off_is_not_signed() -> None:
    given = plan((), holds(HEADER, KEY))
    assert CREDENTIALS.sign(given).plan is given


def test_where_the_document_says_nothing_every_credential_is_applied() -> None:
    given = plan(
        None,
        holds("key", ApiKey(key="env:TOKEN"), location=Location.QUERY, parameter="key"),
        holds("user", Basic(username="u", password="env:WORD")),
    )
    signed = CREDENTIALS.sign(given).plan
    assert signed.target == "/?key=t0ken"
    assert [name for name, _ in signed.headers] == ["Authorization"]


def test_where_the_document_says_nothing_a_key_must_say_where_it_goes() -> None:
    refusal = incomplete(plan(None, holds("a", KEY), holds("b", KEY)))
    assert ["`a`" in each.description or "`b`" in each.description
            for each in refusal.details.violations] == [True, True]  # fmt: skip


@pytest.mark.parametrize(
    ("location", "name"),
    [
        *((Location.HEADER, each) for each in ("Host", "content-length", "Proxy-Authorization")),
        *((Location.HEADER, each) for each in ("X-K\r\nX-Evil: 1", " X-K", "X K", "X-é", ":path")),
        *((Location.COOKIE, each) for each in ("a; admin=1", "a=b", "a b", "é")),
    ],
)
def test_h18_a_document_cannot_have_a_key_written_where_it_changes_the_request(
    location: Location, name: str
) -> None:
    scheme = SecurityScheme(name="evil", type="apiKey", location=location, parameter=name)
    told = incomplete(plan(((scheme,),), holds(scheme, KEY)))
    (violation,) = told.details.violations
    assert violation.field == "credentials"
    assert f"the {location} that `evil` names " in violation.description


def test_security_that_cannot_be_met_names_every_scheme_that_would_do() -> None:
    refusal = incomplete(plan(((BASIC,), (HEADER, OAUTH), (MUTUAL,), (DSN,)), holds(HEADER, KEY)))
    assert [each.description for each in refusal.details.violations] == [
        "configure a credential for `basic` (basic: a username and a password)",
        "configure a credential for `oauth` (bearer: a token)",
        f"configure a credential for `mutual` ({CERTIFICATE})",
        "configure a credential for `dsn` (an api_key with the prefix `dsn `)",
    ]


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        (HEADER, Bearer(token="env:TOKEN")),
        (QUERY, Basic(username="u", password="env:WORD")),
        (BASIC, Bearer(token="env:TOKEN")),
        (BEARER, Basic(username="u", password="env:WORD")),
        (OAUTH, Basic(username="u", password="env:WORD")),
        (DSN, Bearer(token="env:TOKEN")),
        (MUTUAL, KEY),
    ],
)
def test_a_credential_of_the_wrong_kind_does_not_sign(scheme: SecurityScheme, kind: Any) -> None:
    incomplete(plan(((scheme,),), holds(scheme, kind)))


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        (HEADER, ApiKey(key="env:SPLIT")),
        (COOKIE, ApiKey(key="env:SEMI")),
        (BEARER, Bearer(token="env:SPLIT")),
        (BASIC, Basic(username="a:b", password="env:WORD")),
        (HEADER, ApiKey(key="env:ABSENT")),
        (HEADER, ApiKey(key="t0ken")),
    ],
)
def test_a_value_that_cannot_be_sent_is_refused_without_being_told(
    scheme: SecurityScheme, kind: Any
) -> None:
    assert incomplete(plan(((scheme,),), holds(scheme, kind))).details.violations


def test_all_missing_secrets_are_named_at_once() -> None:
    given = plan(
        ((HEADER, QUERY),),
        holds(HEADER, ApiKey(key="env:ONE")),
        holds(QUERY, ApiKey(key="env:TWO")),
    )
    assert [each.field for each in incomplete(given).details.violations] == ["env:ONE", "env:TWO"]


def test_a_call_through_a_facade_carries_the_facades_credential_alone() -> None:
    facade = holds("facade", Bearer(token="env:TOKEN"))
    for credential, headers in ((facade, (("Authorization", "Bearer t0ken"),)), (None, ())):
        version = a_version(
            credentials=(holds(HEADER, ApiKey(key="env:WORD")),),
            destination=Destination(indirect=True, credential=credential),
        )
        assert CREDENTIALS.sign(plan(((HEADER,),), version=version)).plan.headers == headers


def test_secrets_of_variables_are_resolved_by_name() -> None:
    version = a_version(
        variables=(
            Variable(name="open", location=None, value="v"),
            Variable(name="tenant", location=Location.HEADER, secret="env:TOKEN"),
            Variable(name="maybe", location=None, secret="env:ABSENT", required=False),
        )
    )
    assert CREDENTIALS.values(version) == {"tenant": "t0ken"}


def test_all_variables_without_their_secret_are_named_at_once() -> None:
    names = ("ONE", "SPLIT", "TWO")
    version = a_version(
        variables=tuple(Variable(name=n, location=None, secret=f"env:{n}") for n in names)
    )
    with pytest.raises(ConnectionIncomplete) as refusal:
        CREDENTIALS.values(version)
    assert [each.field for each in refusal.value.details.violations] == [f"env:{n}" for n in names]


def test_a_version_without_credentials_calls_unsigned_and_the_backend_judges() -> None:
    unsigned = plan(((HEADER,),))

    signed = CREDENTIALS.sign(unsigned)

    assert signed.plan is unsigned
    assert signed.secrets == ()
