"""How tokens are asked for."""

import base64
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from facade.errors.caller import ConnectionIncomplete
from facade.model.action import Flow, SecurityScheme
from facade.model.credential import ClientAuthentication, Grant, OAuth2
from facade.policy.credentials.assertion import assertion
from facade.policy.credentials.endpoint import absolute, address
from facade.policy.credentials.grant import Client, endpoint_of, request_of, scopes_of

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PLAIN = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PEM = RSA.private_bytes(*PLAIN).decode()
URI = "https://id.example/token"
BASIC, POST, PRIVATE, NONE = ClientAuthentication


def asked(exchanged: str = "", refresh: str = "", **fields: Any) -> tuple[dict[str, str], str]:
    """The form that is sent, and the Authorization header."""
    given: dict[str, Any] = {"client_id": "me:ü", "client_secret": "env:S"} | fields
    scopes = given.pop("ask", ())
    values = {"env:S": "s&ü cret", "env:P": "pässword", "env:K": PEM}
    client = Client(kind=OAuth2(**given), name="n", scopes=scopes, values=values)
    headers, body = request_of(client, URI, exchanged, refresh, 1000.0)
    assert dict(headers)["content-type"] == "application/x-www-form-urlencoded"
    assert dict(headers)["accept"] == "application/json"
    return dict(parse_qsl(body.decode())), dict(headers).get("authorization", "")


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        (
            {"grant": Grant.CLIENT_CREDENTIALS, "ask": ("a", "b"), "audience": "api"},
            {"scope": "a b", "audience": "api"},
        ),
        (
            {"grant": Grant.PASSWORD, "username": "u", "password": "env:P"},
            {"username": "u", "password": "pässword"},
        ),
        ({"grant": Grant.REFRESH_TOKEN, "refresh": "r&1"}, {"refresh_token": "r&1"}),
        (
            {"grant": Grant.TOKEN_EXCHANGE, "exchanged": "jwt", "audience": "api"},
            {
                "subject_token": "jwt",
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "audience": "api",
            },
        ),
        (
            {"grant": Grant.CLIENT_CREDENTIALS, "extra": {"resource": "https://r", "scope": "x"}},
            {"resource": "https://r", "scope": "x"},
        ),
    ],
)
def test_each_grant_asks_in_its_own_words(fields: Any, form: dict[str, str]) -> None:
    sent, authorization = asked(**fields)
    assert sent == {"grant_type": str(fields["grant"]), **form}
    pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
    assert pair == "me%3A%C3%BC:s%26%C3%BC+cret"


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        ({"client_authentication": POST}, {"client_id": "me:ü", "client_secret": "s&ü cret"}),
        ({"client_authentication": NONE}, {"client_id": "me:ü"}),
        ({"client_secret": ""}, {"client_id": "me:ü"}),
        ({"client_secret": "", "client_id": ""}, {}),
    ],
)
def test_a_client_says_who_it_is_where_the_server_wants_it(
    fields: Any, form: dict[str, str]
) -> None:
    sent, authorization = asked(grant=Grant.CLIENT_CREDENTIALS, **fields)
    assert sent == {"grant_type": "client_credentials", **form}
    assert authorization == ""


def claims_of(token: str) -> dict[str, Any]:
    read = jwt.decode(token, RSAKey.import_key(RSA), algorithms=["RS256"])
    assert read.header["alg"] == "RS256"
    return {**read.claims, "kid": read.header.get("kid")}


def test_a_client_may_prove_itself_with_a_key() -> None:
    sent, authorization = asked(
        grant=Grant.CLIENT_CREDENTIALS,
        client_authentication=PRIVATE,
        private_key="env:K",
        key_id="k1",
    )
    proof = sent.pop("client_assertion")
    assert sent == {
        "grant_type": "client_credentials",
        "client_id": "me:ü",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    assert authorization == ""
    claims = claims_of(proof)
    assert claims.pop("jti")
    assert claims == {
        "iss": "me:ü",
        "sub": "me:ü",
        "aud": URI,
        "kid": "k1",
        "iat": 1000,
        "exp": 1300,
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"sub": "me:ü", "aud": URI}),
        (
            {"subject": "who", "audience": "aud", "ask": ("s",)},
            {"sub": "who", "aud": "aud", "scope": "s"},
        ),
    ],
)
def test_an_assertion_is_the_grant_of_rfc_7523(fields: Any, expected: dict[str, str]) -> None:
    sent, _ = asked(grant=Grant.JWT_BEARER, private_key="env:K", client_secret="", **fields)
    claims = claims_of(sent["assertion"])
    assert {name: claims.get(name) for name in expected} == expected
    assert claims["iss"] == "me:ü"
    assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert "client_id" not in sent


@pytest.mark.parametrize(
    ("key", "reader", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP256R1()), ECKey, "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), ECKey, "ES384"),
        (ec.generate_private_key(ec.SECP521R1()), ECKey, "ES512"),
        (ed25519.Ed25519PrivateKey.generate(), OKPKey, "Ed25519"),
    ],
)
def test_the_key_says_the_algorithm(key: Any, reader: Any, algorithm: str) -> None:
    token = assertion(key.private_bytes(*PLAIN).decode(), "env:K", "", {"iss": "a"}, 5.0)
    read = jwt.decode(token, reader.import_key(key), algorithms=[algorithm])
    assert read.header == {"typ": "JWT", "alg": algorithm}


@pytest.mark.parametrize(
    "pem",
    [
        *("", "s3cret", PEM[:300], "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n"),
        RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        RSA.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
        ).decode(),
        ec.generate_private_key(ec.SECP224R1()).private_bytes(*PLAIN).decode(),
    ],
)
def test_what_is_no_key_is_named_and_not_shown(pem: str) -> None:
    with pytest.raises(ConnectionIncomplete) as refusal:
        assertion(pem, "env:K", "", {}, 5.0)
    assert refusal.value.details.violations[0].field == "env:K"
    assert not pem or pem not in refusal.value.message


FLOWS = (
    Flow(name="implicit"),
    Flow(name="authorizationCode", token_uri="/code", refresh_uri="/refresh"),
    Flow(name="clientCredentials", token_uri="https://doc/cc"),
)
DOCUMENTED = SecurityScheme(name="o", type="oauth2", flows=FLOWS, scopes=("read",))
OPENID = SecurityScheme(name="o", type="openIdConnect", discovery_uri="https://doc/d")
NAMED = {"token_uri": "https://own/t"}
KNOWN = {"issuer": "https://own/"}
DESCRIBED = "https://own/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("grant", "fields", "scheme", "expected"),
    [
        (Grant.CLIENT_CREDENTIALS, NAMED | KNOWN, DOCUMENTED, ("https://own/t", "")),
        (Grant.CLIENT_CREDENTIALS, KNOWN, DOCUMENTED, ("", DESCRIBED)),
        (Grant.CLIENT_CREDENTIALS, {}, DOCUMENTED, ("https://doc/cc", "")),
        (Grant.REFRESH_TOKEN, {}, DOCUMENTED, ("/refresh", "")),
        (Grant.TOKEN_EXCHANGE, {}, DOCUMENTED, ("/code", "")),
        (Grant.PASSWORD, {}, OPENID, ("", "https://doc/d")),
        (Grant.PASSWORD, {}, None, ("", "")),
        (Grant.PASSWORD, {}, SecurityScheme(name="o", type="oauth2"), ("", "")),
    ],
)
def test_the_credential_says_where_tokens_are_given_or_else_the_document(
    grant: Grant, fields: Any, scheme: SecurityScheme | None, expected: tuple[str, str]
) -> None:
    assert endpoint_of(OAuth2(grant=grant, **fields), scheme) == expected


@pytest.mark.parametrize(
    ("grant", "own", "scheme", "expected"),
    [
        (Grant.CLIENT_CREDENTIALS, ("a",), DOCUMENTED, ("a",)),
        (Grant.CLIENT_CREDENTIALS, (), DOCUMENTED, ("read",)),
        (Grant.CLIENT_CREDENTIALS, (), None, ()),
        (Grant.REFRESH_TOKEN, (), DOCUMENTED, ()),
    ],
)
def test_scopes_are_the_credentials_or_those_of_the_requirement(
    grant: Grant, own: Any, scheme: SecurityScheme | None, expected: Any
) -> None:
    assert scopes_of(OAuth2(grant=grant, scopes=own), scheme) == expected


@pytest.mark.parametrize(
    ("uri", "origin", "target"),
    [
        ("https://ID.example/t", "https://id.example", "/t"),
        ("https://id.example:443", "https://id.example", "/"),
        ("https://id.example:8443/t?a=b", "https://id.example:8443", "/t?a=b"),
        ("http://[::1]:80/t#f", "http://[::1]", "/t"),
    ],
)
def test_an_address_is_taken_apart(uri: str, origin: str, target: str) -> None:
    assert address(uri) == (origin, target)


@pytest.mark.parametrize(
    "uri",
    [
        *("", "/token", "ftp://a/t", "https://", "https://u:p@a/t", "https://a:b/t"),
        *("https://ä/t", "https://a/t t", "https://a/t\r\nx", "https://[::1/t", "https://a:99999/"),
    ],
)
def test_h18_what_is_no_address_of_a_server_is_refused(uri: str) -> None:
    with pytest.raises(ConnectionIncomplete) as refusal:
        address(uri)
    assert refusal.value.details.violations[0].field == "credentials.oauth2.token_uri"


def test_an_address_may_be_relative_to_the_server() -> None:
    assert absolute("https://shop.example", "/token") == "https://shop.example/token"
    assert absolute("https://shop.example", "https://id.example/t") == "https://id.example/t"
    with pytest.raises(ConnectionIncomplete):
        absolute("https://shop.example", "https://[::1/t")
