import pytest

from facade.errors.caller import InvalidRequest
from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    Credential,
    CustomHeaders,
    Digest,
    Grant,
    Kind,
    MutualTls,
    OAuth2,
)
from facade.model.secret import SecretName, parse_secret, references_of
from facade.model.version import Destination, Network, Variable
from tests.fakes import a_version

KINDS: tuple[tuple[Kind, set[str]], ...] = (
    (Basic(username="u", password="env:A"), {"env:A"}),
    (Digest(username="u", password="env:A"), {"env:A"}),
    (Bearer(token="secret:a"), {"secret:a"}),
    (ApiKey(key="file:a", prefix="Token "), {"file:a"}),
    (OAuth2(grant=Grant.CLIENT_CREDENTIALS), set()),
    (
        OAuth2(
            grant=Grant.PASSWORD,
            client_id="secret:not",
            client_secret="env:A",
            password="env:B",
            refresh_token="env:C",
            private_key="env:D",
        ),
        {"env:A", "env:B", "env:C", "env:D"},
    ),
    (MutualTls(certificate="file:c", key="file:k"), {"file:c", "file:k"}),
    (
        AwsSigV4(
            access_key_id="env:A",
            secret_access_key="env:B",
            session_token="env:C",
            region="r",
            service="s",
        ),
        {"env:A", "env:B", "env:C"},
    ),
    (CustomHeaders(headers={"X-A": "env:A", "X-B": "secret:b"}), {"env:A", "secret:b"}),
)


@pytest.mark.parametrize(("kind", "references"), KINDS)
def test_every_secret_that_a_credential_needs_is_known(kind: Kind, references: set[str]) -> None:
    credential = Credential(scheme="s", kind=kind)
    assert set(references_of(a_version(credentials=(credential,)))) == references
    facade = Destination(uri="https://f", indirect=True, credential=credential)
    assert set(references_of(a_version(destination=facade))) == references


def test_variables_and_certificates_of_a_version_are_known_too() -> None:
    version = a_version(
        variables=(
            Variable(name="a", location=None, secret="secret:a"),
            Variable(name="b", location=None, value="secret:not"),
        ),
        destination=Destination(network=Network(ca="file:ca.pem")),
    )
    assert set(references_of(version)) == {"secret:a", "file:ca.pem"}


def test_a_name_is_read_as_it_is_written() -> None:
    name = SecretName("shop-key")
    assert parse_secret(str(name)) == name
    assert name.reference == "secret:shop-key"
    for text in ("secrets/", "secrets/A", "secrets/a/b", "secret/a", "a", "secrets/-", ""):
        with pytest.raises(InvalidRequest, match="parent"):
            parse_secret(text, "parent")
