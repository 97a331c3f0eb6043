#!/usr/bin/env python3
"""Generates docs/lint.md from the catalogues of problems and notes; with --check it only compares.

`python3 dev.py fix` runs it in the environment that it needs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from docs.publish import publish
from facade.spec import mapping
from facade.spec.problems import CATALOGUE, Kind

PAGE = Path(__file__).resolve().with_name("lint.md")

HEAD = """\
# What `portico lint` finds

<!-- Generated from facade/spec/{problems,mapping}.py by docs/lint_page.py: change it there. -->

    portico lint openapi.yaml                   # problems with line, code and JSON pointer
    portico lint --errors-only -o json *.yaml   # for machines, without what is only doubtful

It needs no gateway. It exits with 0 where nothing was found, 1 with findings, and 2 where a
document cannot be read at all; over several files, with the highest.

A version holds the first 1,000 of the same problems, and the RPC `ValidateSpec` answers them all.
An **error** breaks the standard, a **warning** is doubtful. Neither keeps a document out: what can
be read is served, and an operation of which no request can be made is set aside alone, as
`portico get actions` shows and `portico describe action` explains. With `strict`, ManageVersions
refuses a document that has an error. One that cannot be read at all is
[INVALID_SPEC](errors.md#invalid_spec).
"""

PARTS = {
    "invalid-encoding": "The text itself",
    "wrong-type": "The structure",
    "dangling-ref": "What the parts mean to each other",
}
"""The headings, each by the code that it stands before."""


MAPPING = """
## How well a document maps

After the problems `portico lint` says what of a document does not become calls exactly as the
standard defines them: **approximate** is called by a rule of Portico's own or leaves something
unchecked, **opaque** is passed on without being understood, or not offered. Each note has its place
and its remedy; `--mapping` prints every one, `-o json` holds them with an Overlay action where the
remedy can be written down, and `--overlay FILE` writes those as one
[Overlay](https://spec.openapis.org/overlay/) document. Notes do not change the exit code.
`ValidateSpec` answers the same.

| code | fidelity | meaning | remedy |
|---|---|---|---|
"""


def page() -> str:
    """The whole of docs/lint.md."""
    return "\n".join([HEAD.rstrip(), *lines(), MAPPING.rstrip(), *mapping_lines()]) + "\n"


def lines() -> Iterator[str]:
    """The catalogue in its order, a table under each heading."""
    for code, kind in CATALOGUE.items():
        if code in PARTS:
            yield f"\n## {PARTS[code]}\n\n| code | severity | meaning |\n|---|---|---|"
        yield row(code, kind)


def row(code: str, kind: Kind) -> str:
    """One code with its severity and meaning."""
    meaning = kind.meaning.replace("|", r"\|")
    return f"| `{code}` | {kind.severity} | {meaning} |"


def mapping_lines() -> Iterator[str]:
    """The notes of the mapping report, in the order of their catalogue."""
    for code, kind in mapping.CATALOGUE.items():
        cells = (kind.meaning.replace("|", r"\|"), kind.remedy.replace("|", r"\|"))
        yield f"| `{code}` | {kind.fidelity.value} | {cells[0]} | {cells[1]} |"


if __name__ == "__main__":
    sys.exit(publish(PAGE, page(), "facade/spec/problems.py and mapping.py say"))
