"""Which credentials sign."""

from typing import Any

import pytest

from facade.errors.caller import ConnectionIncomplete
from facade.model.action import Action, Location, Requirement, SecurityScheme
from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    Credential,
    CustomHeaders,
    Digest,
    Grant,
    MutualTls,
    OAuth2,
    Passthrough,
)
from facade.model.version import Destination
from facade.policy.credentials.requirements import chosen
from tests.fakes import a_version
from tests.signers import holds

HEADER = SecurityScheme(name="head", type="apiKey", parameter="X-Key")
QUERY = SecurityScheme(name="query", type="apiKey", location=Location.QUERY, parameter="api key")
RAW = SecurityScheme(name="raw", type="apiKey", parameter="Authorization")
BASIC = SecurityScheme(name="basic", type="http", scheme="basic")
DIGEST = SecurityScheme(name="digest", type="http", scheme="digest")
BEARER = SecurityScheme(name="bearer", type="http", scheme="bearer")
DSN = SecurityScheme(name="dsn", type="http", scheme="dsn")
OAUTH = SecurityScheme(name="oauth", type="oauth2")
OPENID = SecurityScheme(name="openid", type="openIdConnect")
MUTUAL = SecurityScheme(name="mutual", type="mutualTLS")
UNDECLARED = SecurityScheme(name="undeclared", type="")

KEY = ApiKey(key="env:K")
WORD = Basic(username="u", password="env:K")
PROOF = Digest(username="u", password="env:K")
TOKEN = Bearer(token="env:K")
GRANT = OAuth2(grant=Grant.CLIENT_CREDENTIALS)
CERTIFICATE = MutualTls(certificate="env:C", key="env:K")
AWS = AwsSigV4(access_key_id="env:I", secret_access_key="env:K", region="r", service="s")
OWN = CustomHeaders(headers={"X-A": "env:K"})

KINDS = (KEY, WORD, PROOF, TOKEN, GRANT, CERTIFICATE, AWS, OWN)


def schemes(
    security: tuple[Requirement, ...] | None, *held: Credential, given: Any = (), **fields: Any
) -> list[str]:
    """The credentials that sign, by their schemes."""
    version = a_version(credentials=held, **fields)
    action = Action(id="a", method="GET", path="/", pointer="", security=security)
    return [each.credential.scheme for each in chosen(version, action, given)]


def refused(*arguments: Any, **fields: Any) -> ConnectionIncomplete:
    with pytest.raises(ConnectionIncomplete) as refusal:
        schemes(*arguments, **fields)
    return refusal.value


@pytest.mark.parametrize(
    ("scheme", "fitting"),
    [
        (
            HEADER,
            (
                KEY,
                OWN,
            ),
        ),
        (
            QUERY,
            (
                KEY,
                OWN,
            ),
        ),
        (
            RAW,
            (
                KEY,
                OWN,
                WORD,
                PROOF,
                TOKEN,
                GRANT,
                AWS,
            ),
        ),
        (
            BASIC,
            (
                KEY,
                OWN,
                WORD,
            ),
        ),
        (
            DIGEST,
            (
                KEY,
                OWN,
                PROOF,
            ),
        ),
        (
            BEARER,
            (
                KEY,
                OWN,
                TOKEN,
                GRANT,
            ),
        ),
        (
            DSN,
            (
                KEY,
                OWN,
                AWS,
            ),
        ),
        (
            OAUTH,
            (
                KEY,
                OWN,
                TOKEN,
                GRANT,
            ),
        ),
        (
            OPENID,
            (
                KEY,
                OWN,
                TOKEN,
                GRANT,
            ),
        ),
        (MUTUAL, (CERTIFICATE,)),
        (
            UNDECLARED,
            (
                KEY,
                OWN,
                WORD,
                PROOF,
                TOKEN,
                GRANT,
                AWS,
            ),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, SecurityScheme) else "",
)
def test_each_type_of_scheme_takes_the_kinds_that_can_sign_for_it(
    scheme: SecurityScheme, fitting: Any
) -> None:
    for kind in KINDS:
        if any(kind is each for each in fitting):
            assert schemes(((scheme,),), holds(scheme, kind)) == [scheme.name]
        else:
            refused(((scheme,),), holds(scheme, kind), holds("other", KEY))


def test_the_first_requirement_that_can_be_met_whole_is_taken() -> None:
    alternatives = ((BASIC,), (HEADER, QUERY), (BEARER,))
    assert schemes(alternatives, holds(BEARER, TOKEN)) == ["bearer"]
    assert schemes(alternatives, holds(HEADER, KEY), holds(BEARER, TOKEN)) == ["bearer"]
    assert schemes(alternatives, holds(HEADER, KEY), holds(QUERY, KEY)) == ["head", "query"]


@pytest.mark.parametrize(
    ("security", "signs"),
    [
        (((), (HEADER,)), ["head"]),
        (((), (BASIC,)), []),
        ((), []),
        (None, ["head"]),
    ],
)
def test_security_may_be_optional_switched_off_or_not_spoken_of(
    security: Any, signs: list[str]
) -> None:
    assert schemes(security, holds(HEADER, KEY)) == signs
    assert schemes(security) == []


def test_security_that_cannot_be_met_names_every_scheme_that_would_do() -> None:
    security = ((BASIC,), (HEADER, OAUTH), (MUTUAL,), (DSN,), (DIGEST,))
    refusal = refused(security, holds(HEADER, KEY))
    assert [each.description for each in refusal.details.violations] == [
        "configure a credential for `basic` (basic: a username and a password)",
        "configure a credential for `oauth` (oauth2: a grant, or bearer: a token)",
        "configure a credential for `mutual` (mutual_tls: a certificate and its key)",
        "configure a credential for `dsn` (an api_key with the prefix `dsn `)",
        "configure a credential for `digest` (digest: a username and a password)",
    ]


def test_a_client_certificate_is_there_whatever_the_action_asks_for() -> None:
    held = (holds("one", CERTIFICATE), holds(MUTUAL, CERTIFICATE), holds(HEADER, KEY))
    assert schemes((), *held) == ["one"]
    assert schemes(((HEADER,),), *held) == ["head", "one"]
    assert schemes(((MUTUAL, HEADER),), *held) == ["mutual", "head"]


def test_a_call_through_a_facade_carries_the_facades_credential_alone() -> None:
    facade = holds("facade", TOKEN)
    for own, signs in ((facade, ["facade"]), (None, [])):
        there = Destination(indirect=True, credential=own)
        held = (holds(HEADER, KEY), holds(MUTUAL, CERTIFICATE))
        assert schemes(((HEADER,),), *held, destination=there) == signs


RULE = Passthrough(metadata="x-token", header="authorization")
OTHER = Passthrough(metadata="x-session", header="X-Session")


def test_what_the_caller_signs_with_itself_needs_none_of_the_versions() -> None:
    held = (holds(BEARER, TOKEN), holds(HEADER, KEY))
    fields: Any = {"given": (RULE,), "passthrough": (RULE,)}
    assert schemes(((BEARER,),), *held, **fields) == []
    assert schemes(((BEARER, HEADER),), *held, **fields) == ["head"]
    placed = holds("key", KEY, location=Location.HEADER, parameter="X-Key")
    assert schemes(None, holds(BEARER, TOKEN), placed, **fields) == ["key"]
    placed = holds("key", KEY, location=Location.HEADER, parameter="X-Key")
    assert schemes(None, holds(BEARER, TOKEN), placed, **fields) == ["key"]
    assert schemes(((BASIC,),), *held, **fields) == []


def test_a_missing_entry_leaves_the_call_to_the_versions_own_credential() -> None:
    assert schemes(((BEARER,),), holds(BEARER, TOKEN), passthrough=(RULE,)) == ["bearer"]
    assert schemes(None, holds(BEARER, TOKEN), passthrough=(RULE,)) == ["bearer"]


@pytest.mark.parametrize("security", [((BEARER,),), None])
def test_without_any_credential_a_missing_entry_is_named(security: Any) -> None:
    refusal = refused(security, passthrough=(RULE, OTHER), given=(OTHER,))
    (violation,) = refusal.details.violations
    assert violation.field == "metadata.x-token"
    assert violation.description.startswith("send `x-token` with the call")


def test_a_credential_that_does_not_fit_names_the_entries_that_would_do_too() -> None:
    refusal = refused(((BEARER,),), holds("other", KEY), passthrough=(RULE,))
    assert [each.field for each in refusal.details.violations] == [
        "credentials",
        "metadata.x-token",
    ]


@pytest.mark.parametrize("security", [(), ((), (BEARER,))])
def test_an_action_that_may_go_unsigned_asks_for_no_entry(security: Any) -> None:
    assert schemes(security, passthrough=(RULE,)) == []
