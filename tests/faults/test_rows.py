"""Rows of the fault catalogue: their labels, and who holds them."""

from pathlib import Path

import pytest

from tests.faults.rows import Row, held, params

ROWS = (Row(id="Z01", what="Reset, before any byte"), Row(id="Z02", what="refused"))


@pytest.mark.parametrize("row", params(*ROWS))
def test_a_row_comes_with_its_id_first(row: Row, request: pytest.FixtureRequest) -> None:
    labels = {"Z01": "Z01-reset-before-any-byte", "Z02": "Z02-refused"}
    assert request.node.name.endswith(f"[{labels[row.id]}]")


def test_tests_and_tables_hold_the_rows_that_they_name(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_one.py").write_text(
        "async def test_z03_z04_a_reset() -> None: ...\n"
        "def test_z3_is_none() -> None: ...\n"
        "ROWS = (Row(id='Z30', what='Z31 is told of'), param(id='Z04-reset'))\n"
    )
    (folder / "test_g_one.py").write_text("def test_g04_z05_a_rule_of_a_seed() -> None: ...\n")
    (folder / "helper.py").write_text("def test_z05_is_not_collected(): ...\n")
    assert held(folder) == {
        "Z03": ["tests/test_one.py::test_z03_z04_a_reset"],
        "Z04": ["tests/test_one.py::test_z03_z04_a_reset", "tests/test_one.py"],
        "Z05": ["tests/test_g_one.py::test_g04_z05_a_rule_of_a_seed"],
        "Z30": ["tests/test_one.py"],
    }
