"""What differs between two versions beside their documents: a fixture for each rule."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from facade.catalog.version_diff import VERSION_RULES, differing
from facade.model.action import Location
from facade.model.credential import ApiKey, Basic, Credential, Passthrough
from facade.model.names import VersionName
from facade.model.version import Destination, Network, Variable, Version, facade_at

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BLANK = Version(name=VersionName("a", "v1"), spec_digest="d", create_time=NOW, update_time=NOW)
KEY = Credential(scheme="key", kind=ApiKey(key="env:KEY"))
OTHER = Credential(scheme="key", kind=ApiKey(key="env:OTHER"))
BASIC = Credential(scheme="key", kind=Basic(username="a", password="env:P"))
ASKED = Variable(name="v", location=Location.HEADER)
FIXED = replace(ASKED, value="1")
FREE = replace(FIXED, overridable=True)
OPTIONAL = replace(ASKED, required=False)
USER = Passthrough(metadata="x-user", header="X-User")


def behind(*, credential: Credential | None = None) -> Destination:
    return facade_at("https://f.example", (), mark="", credential=credential, network=Network())


def having(**fields: Any) -> dict[str, Any]:
    return fields


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "credential-added": (having(), having(credentials=(KEY,))),
    "credential-removed": (having(credentials=(KEY,)), having()),
    "credential-changed": (having(credentials=(KEY,)), having(credentials=(BASIC,))),
    "credential-source-changed": (having(credentials=(KEY,)), having(credentials=(OTHER,))),
    "caller-credential-added": (having(), having(passthrough=(USER,))),
    "caller-credential-removed": (having(passthrough=(USER,)), having()),
    "variable-added": (having(), having(variables=(FIXED,))),
    "variable-required": (having(variables=(FIXED,)), having(variables=(ASKED,))),
    "variable-relaxed": (having(variables=(ASKED,)), having(variables=(OPTIONAL,))),
    "variable-removed": (having(variables=(FREE,)), having()),
    "variable-dropped": (having(variables=(FIXED,)), having()),
    "variable-narrowed": (
        having(variables=(ASKED,)),
        having(variables=(replace(ASKED, choices=("1",)),)),
    ),
    "variable-moved": (
        having(variables=(ASKED,)),
        having(variables=(replace(ASKED, location=Location.QUERY),)),
    ),
    "value-changed": (
        having(variables=(FIXED,)),
        having(variables=(replace(FIXED, value="2"),)),
    ),
    "server-changed": (having(), having(destination=Destination(uri="https://b.example"))),
    "connectivity-changed": (having(), having(destination=behind())),
    "facade-credential-changed": (
        having(destination=behind()),
        having(destination=behind(credential=KEY)),
    ),
}


def test_every_rule_has_its_case() -> None:
    assert CASES.keys() == VERSION_RULES.keys()


@pytest.mark.parametrize("rule", CASES)
def test_p03_a_difference_is_found_by_its_rule_and_its_field(rule: str) -> None:
    old, new = (replace(BLANK, **each) for each in CASES[rule])
    (found,) = differing(old, new)
    assert (found.rule, found.verdict) == (rule, VERSION_RULES[rule].verdict)
    place = found.new or found.old
    assert place is not None
    assert place.field


def test_a_version_does_not_differ_from_itself() -> None:
    full = replace(BLANK, credentials=(KEY,), variables=(ASKED, replace(FIXED, name="w")))
    assert not list(differing(full, full))
