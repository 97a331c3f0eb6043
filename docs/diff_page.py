#!/usr/bin/env python3
"""Generates docs/diff.md from the catalogue of rules; with --check it only compares.

`python3 dev.py fix` runs it in the environment that it needs.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from docs.publish import publish
from facade.catalog.version_diff import VERSION_RULES
from facade.spec.diff.rules import CATALOGUE, Rule

PAGE = Path(__file__).resolve().with_name("diff.md")

HEAD = """\
# What `portico diff` finds

<!-- Generated from facade/spec/diff/rules.py and facade/catalog/version_diff.py by
docs/diff_page.py: change it there. -->

    portico diff old.yaml new.yaml                   # every difference with line and JSON pointer
    portico diff old.yaml new.yaml --breaking-only   # without what touches nobody
    portico diff old/ new.zip -o json                # folders and zips, for machines
    portico diff petstore@v1 petstore@v2             # versions of a gateway
    portico diff petstore openapi.yaml               # what serves, and a document that is to follow

Files need no gateway. Two versions are compared also in what callers and connections have to give;
a word that is both a file and a connector is the file, and `petstore@live` names the connector. It
exits with 0 where all is safe, 1 where something breaks, and 2 where a document cannot be read.
Each finding names its rule, the action, and its place in both documents; an action has the verdict
of its worst finding, and so have the documents.

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

Stubs of the typed service may break where JSON does not: a number for an integer is one more value
that is taken, and another field on the wire. The rules of typed services (after those of
`buf breaking`) say that, and nothing that another rule says as badly at the same place: as
WIRE_BREAKING what old stubs are misunderstood by, as SOURCE_BREAKING what new stubs alone have
otherwise.

What breaks asks for the next major version of `info.version` (before 1.0.0: the next minor one),
what adds something for the next minor one, and what changes words alone for the next patch.
"""

VERSIONS = """
## Versions

What differs in a version beside its document, where two versions are compared: its credentials,
variables and servers. These findings name a field of the version in place of a pointer.

| rule | verdict | meaning |
|---|---|---|
"""

PARTS = {
    "operation-added": "Operations",
    "parameter-added": "Parameters",
    "body-added": "Bodies and answers",
    "request-property-added": "Schemas",
    "request-type-narrowed": "Values",
    "method-removed": "Typed services",
}
"""The headings, each by the rule that it stands before."""


def page() -> str:
    """The whole of docs/diff.md."""
    return "\n".join([HEAD.rstrip(), *lines(), VERSIONS.rstrip(), *rows(VERSION_RULES)]) + "\n"


def lines() -> Iterator[str]:
    """The catalogue in its order, a table under each heading."""
    for name, rule in CATALOGUE.items():
        if name in PARTS:
            yield f"\n## {PARTS[name]}\n\n| rule | verdict | meaning |\n|---|---|---|"
        yield from rows({name: rule})


def rows(rules: Mapping[str, Rule]) -> Iterator[str]:
    """Rules as rows of a table."""
    for name, rule in rules.items():
        meaning = rule.meaning.replace("|", r"\|")
        yield f"| `{name}` | {rule.verdict.value} | {meaning} |"


if __name__ == "__main__":
    sys.exit(publish(PAGE, page(), "the tables of rules say"))
