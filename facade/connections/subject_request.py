"""What is wrong with a subject that is asked for, by field; pure. Secrets are never told."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from facade.catalog.credential_check import check_credential
from facade.catalog.draft import check_labels, check_schemes, check_text
from facade.catalog.resource_fields import Fields
from facade.errors.fault import Violation
from facade.model.connection import Subject
from facade.model.names import ID

LINE: Final = re.compile(r"[^\x00-\x1f\x7f]+")
"""An external id, or an id of a mapping."""
LONGEST: Final = 255
"""Characters of such an id."""
LONGEST_TITLE: Final = 200
MOST: Final = 100
"""Variables and credentials of one subject, of each kind."""
MOST_MAPPINGS: Final = 1000

FIELDS: Final = Fields(
    noun="subject",
    updatable=("title", "labels", "credentials", "variables", "mappings"),
    immutable=("name", "uid", "external_id"),
    output=("state", "state_description", "revision", "etag", "create_time", "update_time"),
)


def check_new(subject: Subject, field: str = "subject") -> Iterator[Violation]:
    """Everything that forbids making a subject, whatever there is; its id may be left to us."""
    name = subject.name.subject
    if name and not ID.fullmatch(name):
        yield Violation(field="subject_id", description=f"must match ^{ID.pattern}$")
    if not _is_id(subject.external_id):
        wanted = f"is required: a line of at most {LONGEST} characters"
        yield Violation(field=f"{field}.external_id", description=wanted)
    yield from check(subject, field)


def check(subject: Subject, field: str = "subject") -> Iterator[Violation]:
    """Everything that is wrong with what can change of a subject."""
    yield from check_labels(subject.labels, f"{field}.labels")
    yield from check_text(subject.title, f"{field}.title")
    if len(subject.title) > LONGEST_TITLE:
        yield Violation(field=f"{field}.title", description=f"at most {LONGEST_TITLE} characters")
    for number, each in enumerate(subject.credentials):
        yield from check_credential(each, f"{field}.credentials[{number}]")
    yield from check_schemes(subject.credentials, f"{field}.credentials")
    sizes = (("credentials", MOST), ("variables", MOST), ("mappings", MOST_MAPPINGS))
    for kind, most in sizes:
        if len(getattr(subject, kind)) > most:
            yield Violation(field=f"{field}.{kind}", description=f"at most {most}")
    yield from _check_mappings(subject.mappings, f"{field}.mappings")


def _check_mappings(mappings: Mapping[str, str], field: str) -> Iterator[Violation]:
    for own, known in mappings.items():
        if not _is_id(own) or not _is_id(known):
            wanted = f"ids are lines of at most {LONGEST} characters"
            yield Violation(field=f"{field}[{own[:63]}]", description=wanted)


def _is_id(text: str) -> bool:
    return len(text) <= LONGEST and LINE.fullmatch(text) is not None
