"""What a subject brings along is merged by the rule of its connection."""

from dataclasses import replace
from typing import Any

import pytest

from facade.connections.end_users import consented_to, with_end_user
from facade.errors.caller import ConnectionIncomplete
from facade.model.action import Location
from facade.model.connection import Connection, EndUsers, Subject
from facade.model.credential import ApiKey, Credential, Grant, MutualTls, OAuth2
from facade.model.names import ConnectionName
from facade.model.version import Variable, Version
from tests.consents import NOW, a_subject
from tests.fakes import a_version

KEY = Credential(scheme="key", kind=ApiKey(key="env:OWN"))
THEIRS = Credential(scheme="key", kind=ApiKey(key="env:THEIRS"))
TLS = Credential(scheme="tls", kind=MutualTls(certificate="env:C", key="env:K"))
CODE = Credential(scheme="oauth", kind=OAuth2(grant=Grant.AUTHORIZATION_CODE, client_id="c"))


def consented(consent: str) -> Credential:
    kind = CODE.kind
    assert isinstance(kind, OAuth2)
    return replace(CODE, kind=replace(kind, consent=consent))


def a_connection(rule: EndUsers, **fields: Any) -> Connection:
    return Connection(
        name=ConnectionName("homes"),
        connector="shop",
        end_users=rule,
        create_time=NOW,
        update_time=NOW,
        **fields,
    )


def signing(version: Version, rule: EndUsers, subject: Subject | None) -> tuple[Credential, ...]:
    connection = a_connection(rule, consents={"oauth": "owner"})
    return with_end_user(version, connection, subject).credentials


NOTHING, KEYED = a_subject("u"), a_subject("u", credentials=(THEIRS,))
GAVE = a_subject("u", consents={"oauth": "theirs"})


@pytest.mark.parametrize(
    ("rule", "subject", "expected"),
    [
        (EndUsers.NEVER, None, (KEY, TLS, consented("owner"))),
        (EndUsers.NEVER, KEYED, (KEY, TLS, consented("owner"))),
        (EndUsers.FALLBACK, None, (KEY, TLS, consented("owner"))),
        (EndUsers.FALLBACK, NOTHING, (KEY, TLS, consented("owner"))),
        (EndUsers.FALLBACK, KEYED, (THEIRS, TLS)),
        (EndUsers.FALLBACK, GAVE, (consented("theirs"), TLS)),
        (EndUsers.REQUIRED, KEYED, (THEIRS, TLS)),
        (EndUsers.REQUIRED, GAVE, (consented("theirs"), TLS)),
        (EndUsers.REQUIRED, NOTHING, (CODE,)),
    ],
)
def test_g22_credentials_of_two_sides_are_never_mixed(
    rule: EndUsers, subject: Subject | None, expected: tuple[Credential, ...]
) -> None:
    assert signing(a_version(credentials=(KEY, TLS, CODE)), rule, subject) == expected


@pytest.mark.parametrize("subject", [None, NOTHING])
def test_g22_where_only_an_end_user_may_sign_the_lack_of_one_is_told(
    subject: Subject | None,
) -> None:
    with pytest.raises(ConnectionIncomplete) as refusal:
        signing(a_version(credentials=(KEY,)), EndUsers.REQUIRED, subject)
    assert [each.field for each in refusal.value.details.violations] == ["subject"]


def test_a_version_that_nobody_changes_stays_the_same_object() -> None:
    version = a_version(credentials=(KEY,))
    assert with_end_user(version, a_connection(EndUsers.FALLBACK), NOTHING) is version


def test_only_overridable_variables_are_a_subjects_to_say() -> None:
    free = Variable(name="a", location=Location.HEADER, secret="env:A", overridable=True)
    fixed = Variable(name="b", location=Location.HEADER, value="b")
    subject = a_subject("u", variables={"a": "1", "b": "2", "c": "3"})
    merged = with_end_user(
        a_version(variables=(free, fixed)), a_connection(EndUsers.NEVER), subject
    )
    assert merged.variables == (replace(free, value="1", secret=None), fixed)


def test_what_is_got_by_consent_is_known() -> None:
    assert consented_to(a_version(credentials=(KEY, CODE))) == (CODE,)
