#!/usr/bin/env python3
"""Generates docs/diff.md from the catalogue of rules; with --check it only compares.

`python3 dev.py fix` runs it in the environment that it needs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from docs.publish import publish
from facade.spec.diff.rules import CATALOGUE

PAGE = Path(__file__).resolve().with_name("diff.md")

HEAD = """\
# What `portico diff` finds

<!-- Generated from facade/spec/diff/rules.py by docs/diff_page.py: change it there. -->

    portico diff old.yaml new.yaml                   # every difference with line and JSON pointer
    portico diff old.yaml new.yaml --breaking-only   # without what touches nobody
    portico diff old/ new.zip -o json                # folders and zips, for machines

It needs no gateway. It exits with 0 where all is safe, 1 where something breaks, and 2 where a
document cannot be read. Each finding names its rule, the action, and its place in both documents;
an action has the verdict of its worst finding, and so have the documents.

- **SAFE**: whoever calls today needs nothing.
- **SOURCE_BREAKING**: code or a stub must change, but what is sent today still works.
- **WIRE_BREAKING**: a call that worked does not any more, or its answer is not what was promised.

Operations are the same by method and path, whatever the variables of the path are called; else by
their id. Of what is sent, the new document must take all that the old one took; of what is
answered, the old one must have promised all that may come. Properties that a document does not
declare are not counted on: a new one is safe. What has `properties` and no `type` is meant to be an
object. Descriptions, examples, headers of answers, callbacks and links are not compared.
Conditions, negations, patterns and alternatives without names are decided by logic where that can
be; where it cannot, the finding is `undecided`, which counts as SOURCE_BREAKING.

What breaks asks for the next major version of `info.version` (before 1.0.0: the next minor one),
what adds something for the next minor one, and what changes words alone for the next patch.
"""

PARTS = {
    "operation-added": "Operations",
    "parameter-added": "Parameters",
    "body-added": "Bodies and answers",
    "request-property-added": "Schemas",
    "request-type-narrowed": "Values",
}
"""The headings, each by the rule that it stands before."""


def page() -> str:
    """The whole of docs/diff.md."""
    return "\n".join([HEAD.rstrip(), *lines()]) + "\n"


def lines() -> Iterator[str]:
    """The catalogue in its order, a table under each heading."""
    for name, rule in CATALOGUE.items():
        if name in PARTS:
            yield f"\n## {PARTS[name]}\n\n| rule | verdict | meaning |\n|---|---|---|"
        meaning = rule.meaning.replace("|", r"\|")
        yield f"| `{name}` | {rule.verdict.value} | {meaning} |"


if __name__ == "__main__":
    sys.exit(publish(PAGE, page(), "facade/spec/diff/rules.py says"))
