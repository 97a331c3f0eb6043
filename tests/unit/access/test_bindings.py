"""The access file: who is bound, what is wrong with it, and what becomes of it as it changes."""

from pathlib import Path
from typing import Any

import pytest

from facade.access.bindings import Bindings, read
from facade.access.certificates import names_of
from facade.app.callers import may_be_anyone
from facade.config import Misconfigured, Settings
from facade.errors.caller import InvalidRequest
from facade.model.access import Role

FILE = """\
access:
  - members: ["spiffe://prod/ns/billing/*", "dns:batch.example.com"]
    tenant: acme
    role: invoker
    connectors: ["orders-*"]
  - members: [unix]
    role: viewer
"""

WRONG = {
    "access:\n  - members: [bla]\n    role: viewer\n": ("access[0].members[0]", 2),
    "access:\n  - members: []\n    role: viewer\n": ("access[0].members", 2),
    "access:\n  - members: [unix]\n    role: king\n": ("access[0].role", 3),
    "access:\n  - members: [unix]\n    rolle: viewer\n": ("access[0].rolle", 3),
    "access:\n  - members: [unix]\n    role: admin\n    actions: ['a*b']\n": (
        "access[0].actions[0]",
        4,
    ),
    "- unix\n": ("", 1),
}


def test_callers_are_found_by_their_names_and_by_the_beginning_of_those(tmp_path: Path) -> None:
    path = tmp_path / "access.yaml"
    path.write_text(FILE)
    bindings = Bindings(path)
    for name in ("spiffe://prod/ns/billing/sa/api", "dns:batch.example.com"):
        found = bindings.find((name,))
        assert (found.tenant, found.member) == ("acme", name)
        assert [(each.role, each.connectors) for each in found.grants] == [
            (Role.INVOKER, ("orders-*",))
        ]
        assert (found.of("acme"), found.of("other")) == (found.grants, ())
    assert bindings.find(("spiffe://prod/ns/billing",)).member == ""
    assert bindings.find(("spiffe://prod/ns/billing2/sa",)).member == ""
    assert [each.role for each in bindings.find(("unix:7", "unix")).grants] == [Role.VIEWER]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_its_field_and_line(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(text, "access.yaml")
    field, line = WRONG[text]
    told = {each.field: each.description for each in refused.value.details.violations}
    assert told[field].startswith(f"access.yaml:{line}: ")


def test_the_file_is_followed_and_one_with_an_error_is_not_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "access.yaml"
    path.write_text(FILE)
    bindings = Bindings(path)
    assert not bindings.look()
    path.write_text("access: [")
    assert not bindings.look()
    assert "stays in use" in caplog.text
    assert bindings.find(("unix",)).member == "unix"
    path.write_text("access: []\n")
    assert bindings.look()
    assert (bindings.find(("unix",)).member, bindings.edition) == ("", 1)
    with pytest.raises(Misconfigured, match=r"access: .*no-such"):
        Bindings(tmp_path / "no-such.yaml")


def test_of_a_certificate_its_spiffe_id_comes_first_and_two_are_none() -> None:
    assert names_of(("API.example", "spiffe://a/b")) == ("spiffe://a/b", "dns:api.example")
    assert names_of(("spiffe://a/b", "spiffe://a/c", "x")) == ("dns:x",)


@pytest.mark.parametrize(
    ("settings", "anyone"),
    [
        ({}, True),
        ({"http": "unix:/tmp/s"}, True),
        ({"http": "0.0.0.0:80"}, False),
        ({"grpc": "[::]:1"}, False),
        ({"callers": "known"}, False),
        ({"callers": "anyone"}, True),
    ],
)
def test_anyone_may_call_where_this_machine_alone_can(
    settings: dict[str, Any], *, anyone: bool
) -> None:
    assert may_be_anyone(Settings(**settings)) is anyone


def test_anyone_beyond_this_machine_is_refused_with_what_to_do() -> None:
    with pytest.raises(Misconfigured, match=r"http: 0.0.0.0:80 is beyond it.*portico keys create"):
        may_be_anyone(Settings(callers="anyone", http="0.0.0.0:80"))
