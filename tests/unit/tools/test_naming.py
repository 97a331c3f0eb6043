"""Names of tools: legal everywhere, the same each time, never two alike."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facade.errors.caller import InvalidRequest
from facade.tools.naming import distinct, legal, may_be_of, parse_tool, prefixed

LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("getPetById", "getPetById"),
        ("pets/get by-id", "pets_get_by-id"),
        ("users.list", "users_list"),
        ("日本", "tool"),
        ("__a__", "__a__"),
        ("x" * 64, "x" * 64),
        ("x" * 65, "x" * 55 + "_9537c5fd"),
    ],
)
def test_a_name_has_letters_digits_underscores_and_dashes(text: str, name: str) -> None:
    assert legal(text) == name


def test_of_those_that_claim_a_name_the_one_that_is_called_so_keeps_it() -> None:
    found = distinct({"a.b": "a.b", "a_b": "a_b", "a b": "a b"})
    assert found["a_b"] == "a_b"
    assert len(set(found.values())) == 3
    assert found == distinct({"a b": "a b", "a_b": "a_b", "a.b": "a.b"})


def test_a_new_action_renames_no_old_one_that_is_called_as_it_is() -> None:
    assert (
        distinct({"list": "list"})["list"] == distinct({"list": "list", "li.st": "li.st"})["list"]
    )


@given(st.dictionaries(st.text(max_size=90), st.text(max_size=90), max_size=8))
def test_names_are_legal_and_differ(wanted: Mapping[str, str]) -> None:
    found = distinct(wanted)
    assert len(set(found.values())) == len(wanted)
    assert all(LEGAL.fullmatch(each) for each in found.values())


@given(st.from_regex(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True), st.text(max_size=80))
def test_a_prefixed_name_is_legal_and_may_be_of_its_connector(connector: str, text: str) -> None:
    name = prefixed(connector, legal(text))
    assert LEGAL.fullmatch(name)
    assert may_be_of(name, connector)


def test_a_tools_name_as_a_resource() -> None:
    version, tool = parse_tool("connectors/a/versions/v1/tools/get", "acme")
    assert (version.connector, version.tenant, tool) == ("a", "acme", "get")
    for wrong in ("connectors/a/tools/get", "connectors/a/versions/v1/tools/", "get"):
        with pytest.raises(InvalidRequest):
            parse_tool(wrong)
