"""Rows of the fault catalogue, for tests that go through a table."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]

_NAMED = re.compile(r"test_((?:[a-z][0-9]{2}_)+)")
RULES: Mapping[str, re.Pattern[str]] = {
    "C": re.compile(r"test_c_|app/connctd/|unit/connections/|test_http_status"),
    "G": re.compile(
        r"test_g_|test_api_connections|test_indirect_versions|test_mirror_variables|test_tracing"
        r"|test_trace_hops|/test_connections?\.|service/test_mcp"
        r"|unit/(connections|entities|tools)/|unit/transcode/|test_(connected|export|variable_draft)"
    ),
}
"""Modules in whose names of tests these letters are a seed's rules, which have ids like faults."""

_WRITTEN = re.compile(r"([A-Z][0-9]{2})(-[a-z0-9-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the catalogue: a fault or an input, and what a test needs to know of it.

    Tables of tests make their own classes of it, with the columns that they have.
    """

    id: str
    """`D03`."""
    what: str
    """In a few words."""

    @property
    def label(self) -> str:
        """The id of its test: `D03-reset-before-any-byte`."""
        return f"{self.id}-{re.sub(r'[^a-z0-9]+', '-', self.what.lower()).strip('-')}"


def params(*rows: Row) -> list[Any]:
    """The rows for `pytest.mark.parametrize("row", params(*ROWS))`, told apart by their ids."""
    return [pytest.param(row, id=row.label) for row in rows]


def held(folder: Path = TESTS) -> Mapping[str, list[str]]:
    """Which tests hold which row of the catalogue, by the id of the row.

    A test holds the rows in its name (`test_d03_…`, `test_d03_d04_…`), and a module those that
    stand as text in its tables (`"D03"`, or `"D03-reset"` as a test's id). Names with a rule of a
    seed hold none.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        module = path.relative_to(folder.parent).as_posix()
        rules = {letter for letter, modules in RULES.items() if modules.search(module)}
        for node in ast.walk(ast.parse(path.read_text())):
            for identifier, test in _of(node):
                if test and identifier[0] in rules:
                    continue
                where = f"{module}::{test}" if test else module
                if where not in found.setdefault(identifier, []):
                    found[identifier].append(where)
    return found


def _of(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Ids that a node names, with the test that it is, if it is one."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        named = _NAMED.match(node.name)
        yield from (
            (each, node.name) for each in (named[1] if named else "").upper().split("_")[:-1]
        )
    elif isinstance(node, ast.Constant):
        written = _WRITTEN.fullmatch(str(node.value))
        yield from [(written[1], "")] if written else ()
