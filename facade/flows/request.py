"""What is wrong with a flow that is asked for, by field; pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from facade.catalog.draft import check_labels
from facade.catalog.request import check_new_id
from facade.catalog.resource_fields import Fields
from facade.errors.fault import Violation
from facade.model.flow import FlowName

LONGEST: Final = 256 * 1024
"""Bytes of a definition's text."""

FIELDS: Final = Fields(
    noun="flow",
    updatable=("labels", "source"),
    immutable=("name", "uid"),
    output=(
        "title",
        "description",
        "newest_version",
        "published_version",
        "published_by",
        "state",
        "state_description",
        "revision",
        "etag",
        "create_time",
        "update_time",
    ),
)


def check_new(name: FlowName, source: str, labels: Mapping[str, str]) -> Iterator[Violation]:
    """Everything that forbids making a flow, whatever there is."""
    yield from check_new_id(name.flow, "flow_id")
    yield from check_labels(labels, "flow.labels")
    yield from check_source(source)


def check_source(source: str, field: str = "flow.source") -> Iterator[Violation]:
    """What forbids reading a text as a definition."""
    if not source.strip():
        yield Violation(field=field, description="a definition is required")
    elif (size := len(source.encode())) > LONGEST:
        yield Violation(field=field, description=f"has {size:,} bytes; at most {LONGEST:,}")
