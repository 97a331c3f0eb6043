#!/usr/bin/env python3
"""Generates docs/lint.md from the catalogue of problems; with --check it only compares.

`python3 dev.py fix` runs it in the environment that it needs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from facade.spec.problems import CATALOGUE, Kind

PAGE = Path(__file__).resolve().with_name("lint.md")

HEAD = """\
# What `portico lint` finds

<!-- Generated from facade/spec/problems.py by docs/lint_page.py: change it there. -->

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


def page() -> str:
    """The whole of docs/lint.md."""
    return "\n".join([HEAD.rstrip(), *lines()]) + "\n"


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


def main(*, check: bool) -> int:
    """Writes the page, or checks it; returns the exit status."""
    text = page()
    if not check:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    present = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    if present != text:
        sys.stdout.write("docs/lint.md is not what facade/spec/problems.py says\n")
    return 1 if present != text else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
