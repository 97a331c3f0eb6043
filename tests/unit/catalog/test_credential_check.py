"""What no author of a connector may have signed, by field: before any call is made."""

from typing import Any

import pytest

from facade.catalog.draft import check_draft
from facade.model.action import Location
from facade.model.change import Draft
from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    ClientAuthentication,
    Credential,
    CustomHeaders,
    Digest,
    Grant,
    Kind,
    OAuth2,
    Passthrough,
)
from facade.model.policy import Limit, Policy, Retry

LINES = "a\r\nX-Injected: b"
FRAMING = ("Host", "Content-Length", "Transfer-Encoding", ":authority", "grpc-timeout", "a\nb")


def wrong(**parts: Any) -> list[str]:
    """The fields of a draft that are refused."""
    return [each.field for each in check_draft(Draft(spec_text="openapi: 3.0.3", **parts), "v")]


def signing(kind: Kind, **fields: Any) -> list[str]:
    found = wrong(credentials=(Credential(scheme="s", kind=kind, **fields),))
    return [each.removeprefix("v.credentials[0].") for each in found]


def client(**fields: Any) -> OAuth2:
    given: dict[str, Any] = {
        "grant": Grant.CLIENT_CREDENTIALS,
        "client_id": "me",
        "client_secret": "env:S",
    }
    return OAuth2(**given | fields)


def signer(**fields: Any) -> AwsSigV4:
    given = {"access_key_id": "env:I", "secret_access_key": "env:S", "region": "r", "service": "s"}
    return AwsSigV4(**given | fields)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (Basic(username="a\nb", password="env:P"), "basic.username"),
        (Basic(username="a:b", password="env:P"), "basic.username"),
        (Digest(username=LINES, password="env:P"), "digest.username"),
        (ApiKey(key="env:K", prefix=LINES), "api_key.prefix"),
        (signer(region=LINES), "aws_sig_v4.region"),
        (signer(service="s\x00"), "aws_sig_v4.service"),
        (signer(region=""), "aws_sig_v4.region"),
        (client(extra={"client_secret": "hunter2"}), "oauth2.extra_parameters[client_secret]"),
        (client(extra={"grant_type": "password"}), "oauth2.extra_parameters[grant_type]"),
        (client(grant=Grant.PASSWORD, username="u"), "oauth2.password_secret"),
        (client(grant=Grant.TOKEN_EXCHANGE, subject_metadata="X-Up"), "oauth2.subject_metadata"),
        (client(grant=Grant.TOKEN_EXCHANGE, subject_metadata="x-bin"), "oauth2.subject_metadata"),
        (client(client_authentication=ClientAuthentication.NONE, client_id=""), "oauth2.client_id"),
        (client(token_uri="https://u:hunter2@x/y"), "oauth2.token_uri"),
    ],
)
def test_e14_what_would_break_out_of_its_place_is_refused_by_field(kind: Kind, field: str) -> None:
    assert signing(kind) == [field]


@pytest.mark.parametrize("name", FRAMING)
def test_h18_no_credential_goes_into_a_header_that_the_wire_sets(name: str) -> None:
    key = ApiKey(key="env:K")
    headers = CustomHeaders(headers={name: "env:K"})
    rule = Passthrough(metadata="x-user", header=name)
    assert signing(key, location=Location.HEADER, parameter=name) == ["parameter"]
    assert signing(headers) == [f"custom_headers.header_secrets[{name}]"]
    assert wrong(passthrough=(rule,)) == ["v.passthrough[0].header"]


@pytest.mark.parametrize("name", ["Host", "a b", "Authorization", "Cookie"])
def test_e14_a_callers_request_id_goes_into_no_header_of_the_wire_or_a_credential(
    name: str,
) -> None:
    policy = Policy(retry=Retry(idempotency_header=name))
    assert wrong(policy=policy) == ["v.policy.retry.idempotency_header"]


@pytest.mark.parametrize("key", ["grpc-timeout", "x-bin", ":authority", "X-Up", "a b", ""])
def test_e14_only_an_entry_of_text_is_handed_on(key: str) -> None:
    assert wrong(passthrough=(Passthrough(metadata=key, header="X"),)) == [
        "v.passthrough[0].metadata"
    ]


def test_e14_a_prefix_is_one_line() -> None:
    rule = Passthrough(metadata="x-user", header="X", prefix=LINES)
    assert wrong(passthrough=(rule,)) == ["v.passthrough[0].prefix"]


def test_a_cookie_has_a_name_that_http_allows() -> None:
    assert signing(ApiKey(key="env:K"), location=Location.COOKIE, parameter="a;b") == ["parameter"]


def test_of_two_credentials_for_one_scheme_the_second_is_refused() -> None:
    twice = tuple(Credential(scheme="s", kind=Bearer(token=f"env:{each}")) for each in "AB")
    assert wrong(credentials=twice) == ["v.credentials[1].scheme"]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (Limit(calls=0), "at least 1 and at most 1000000000"),
        (Limit(calls=1, period=float("nan")), "at least 1 ms and at most 31 days"),
        (Limit(calls=5), "less at once than the cost of a call, 6"),
    ],
)
def test_j06_a_limit_that_cannot_be_kept_is_refused_with_its_bounds(
    limit: Limit, said: str
) -> None:
    draft = Draft(spec_text="openapi: 3.0.3", policy=Policy(limits=(limit,), cost=6))
    assert said in [each.description for each in check_draft(draft, "v")]


def test_times_are_told_with_their_unit() -> None:
    draft = Draft(spec_text="openapi: 3.0.3", policy=Policy(timeout=301.0))
    assert [each.description for each in check_draft(draft, "v")] == [
        "more than 0 and at most 300 s"
    ]
