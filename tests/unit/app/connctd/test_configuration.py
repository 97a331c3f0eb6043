"""Configuration: values in the open, secrets by reference, credentials with new keys."""

from datetime import UTC, datetime
from typing import Any

import pytest

from facade.app.connctd.configuration import of_client, of_instance
from facade.errors.caller import InvalidRequest
from facade.model.action import Location
from facade.model.credential import ApiKey, Bearer, Credential, Grant, OAuth2
from facade.model.names import VersionName
from facade.model.version import Variable, VariableType, Version

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = Location.HEADER
OAUTH = OAuth2(grant=Grant.CLIENT_CREDENTIALS, client_id="ours", client_secret="env:OURS")


def version(*variables: Variable, credentials: tuple[Credential, ...] = ()) -> Version:
    return Version(
        name=VersionName("x", "v1"),
        spec_digest="",
        variables=variables,
        credentials=credentials,
        create_time=NOW,
        update_time=NOW,
    )


def fields(refused: Any) -> list[str]:
    return [each.field for each in refused.value.details.violations]


def test_c02_a_text_of_which_the_version_has_no_value_is_kept_sealed() -> None:
    made = of_instance(version(Variable(name="appKey", location=HEADER)), {"appKey": "k"}, "p")
    assert made.secrets == {"appKey": "secret:p-0"}
    assert made.sealed == {"p-0": "k"}
    assert not made.variables
    assert "sealed" not in repr(made)


@pytest.mark.parametrize(
    "variable",
    [
        Variable(name="v", location=HEADER, value="en"),
        Variable(name="v", location=HEADER, choices=("en", "7")),
        Variable(name="v", location=HEADER, type=VariableType.INTEGER),
        Variable(name="v", location=None),
    ],
)
def test_c02_what_is_no_key_stays_in_the_open(variable: Variable) -> None:
    made = of_instance(version(variable), {"v": "7"}, "p")
    assert (made.variables, made.secrets, made.sealed) == ({"v": "7"}, {}, {})


def test_c02_a_variable_that_the_version_has_a_secret_for_is_a_secret() -> None:
    secret = Variable(name="v", location=None, secret="env:V")
    assert of_instance(version(secret), {"v": "7"}, "p").secrets == {"v": "secret:p-0"}


def test_c02_everything_that_is_wrong_is_told_at_once_without_its_value() -> None:
    asked = version(
        Variable(name="days", location=HEADER, type=VariableType.INTEGER),
        Variable(name="key", location=HEADER, pattern="^[a-z]+$"),
    )
    with pytest.raises(InvalidRequest) as refused:
        of_instance(asked, {"days": "many", "key": "S3CRET", "kye": "x"}, "p")
    assert fields(refused) == ["configuration.kye", "configuration.days", "configuration.key"]
    assert "S3CRET" not in str(refused.value.details)


def test_c02_keys_and_tokens_are_given_by_their_schemes() -> None:
    asked = version(
        credentials=(
            Credential(scheme="apiKey", kind=ApiKey(key="env:A", prefix="Token ")),
            Credential(scheme="token", kind=Bearer(token="env:B")),
        )
    )
    made = of_instance(asked, {"apiKey": "a", "token": "b"}, "p")
    assert [each.kind for each in made.credentials] == [
        ApiKey(key="secret:p-0", prefix="Token "),
        Bearer(token="secret:p-1"),
    ]
    assert made.sealed == {"p-0": "a", "p-1": "b"}
    assert of_instance(asked, {"token": "b"}, "p").credentials == (
        Credential(scheme="token", kind=Bearer(token="secret:p-0")),
    )


def test_c02_an_oauth_client_is_given_as_in_the_seed() -> None:
    asked = version(credentials=(Credential(scheme="oauth", kind=OAUTH),))
    made = of_instance(asked, {"client_id": "abc", "client_secret": "def"}, "p")
    kind = made.credentials[0].kind
    assert isinstance(kind, OAuth2)
    assert (kind.client_id, kind.client_secret) == ("abc", "secret:p-0")
    assert made.sealed == {"p-0": "def"}
    assert of_instance(asked, {}, "p").credentials == ()


def test_c06_a_client_gives_what_end_users_may_and_nothing_else() -> None:
    asked = version(
        Variable(name="lang", location=HEADER, value="en", overridable=True),
        Variable(name="app", location=HEADER),
        credentials=(
            Credential(scheme="oauth", kind=OAUTH),
            Credential(scheme="key", kind=ApiKey(key="env:A")),
        ),
    )
    made = of_client(asked, {"lang": "de", "key": "k"}, "p")
    assert made.variables == {"lang": "de"}
    assert made.credentials == (Credential(scheme="key", kind=ApiKey(key="secret:p-0")),)
    with pytest.raises(InvalidRequest) as refused:
        of_client(asked, {"app": "x", "client_id": "y"}, "p")
    assert fields(refused) == ["configuration.app", "configuration.client_id"]
