"""Seed 001's rules: each is shown by a test that is there."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

TESTS = Path(__file__).resolve().parents[1]

ELSEWHERE: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        3: (
            "contract/test_manage_versions.py",
            "test_document_authentication_and_variables_of_a_version_never_change",
        ),
        7: (
            "contract/test_typed_calls.py",
            "test_reflection_lists_and_describes_what_there_is",
        ),
        11: (
            "contract/test_parameters.py",
            "test_every_cell_of_the_standards_table_is_on_the_wire_as_printed",
        ),
        12: (
            "contract/test_indirect_versions.py",
            "test_g12_indirect_without_a_facade_is_refused_by_field",
        ),
        13: (
            "e2e/test_trace_hops.py",
            "test_g13_one_call_is_one_trace_with_every_hop_in_order",
        ),
    }
)
"""File and name of what shows a rule beside `contract/test_g_*.py`."""

TEST = re.compile(r"def (test_\w+)\(")
RULE = re.compile(r"def test_g(\d\d)_")


def own() -> set[int]:
    """The rules that `contract/test_g_*.py` show, by the names of their tests."""
    files = (TESTS / "contract").glob("test_g_*.py")
    return {int(each) for file in files for each in RULE.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize("rule", range(1, 26))
def test_every_rule_is_shown_by_a_test(rule: int) -> None:
    if rule in ELSEWHERE:
        file, name = ELSEWHERE[rule]
        assert name in TEST.findall((TESTS / file).read_text("utf-8"))
    else:
        assert rule in own(), f"no test of contract/test_g_*.py is called test_g{rule:02}_..."
