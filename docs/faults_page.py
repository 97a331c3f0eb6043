#!/usr/bin/env python3
"""Generates docs/faults.md from the catalogue and the tests; with --check it only compares.

`python3 dev.py fix` runs it in the environment that it needs.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from docs.publish import publish
from tests.faults.catalogue import CATALOGUE, SECTIONS
from tests.faults.rows import held

PAGE = Path(__file__).resolve().with_name("faults.md")

HEAD = """\
# Faults, and the tests that hold them

<!-- Generated from tests/faults/catalogue.py and the tests by docs/faults_page.py. -->

What may go wrong, by the ids that tests carry in their names and tables. The tools that make it
happen are in [tests/faults](../tests/faults/README.md).
"""


def page() -> str:
    """The whole of docs/faults.md."""
    return "\n".join([HEAD.rstrip(), *lines(held())]) + "\n"


def lines(tests: Mapping[str, list[str]]) -> Iterator[str]:
    """A table for each section."""
    section = ""
    for identifier, what in CATALOGUE.items():
        if identifier[0] != section:
            section = identifier[0]
            yield f"\n## {SECTIONS[section]}\n\n| id | fault | tests |\n|---|---|---|"
        yield f"| {identifier} | {what} | {modules(tests.get(identifier, []))} |"


def modules(tests: list[str]) -> str:
    """The modules of tests, each once; the ids lead to the place in them."""
    names = dict.fromkeys(each.partition("::")[0].removeprefix("tests/") for each in tests)
    return ", ".join(f"[{name}](../tests/{name})" for name in names) or "none yet"


if __name__ == "__main__":
    sys.exit(publish(PAGE, page(), "the tests say"))
