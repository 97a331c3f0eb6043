"""What is wrong with changes, whatever the state they meet; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence

from facade.catalog import traffic
from facade.catalog.draft import check_draft, check_text
from facade.catalog.mask import check_mask
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation
from facade.model.change import Change, Create, Deprecate, Promote, Rollback, Update
from facade.model.names import ANY, LIVE, ConnectorName, check_id

MAX_CHANGES = 100
MAX_MATCHES = 16
MAX_MATCH = 256
KEY = re.compile(r"[a-z0-9_.-]{1,256}")
"""What gRPC takes as a key of metadata."""
MATCH = re.compile(r"(?:[!-)+-~][ -)+-~]{0,254})?[!-~]")
"""A value, or what it begins with and a `*`."""


def check_changes(parent: ConnectorName, changes: Sequence[Change]) -> None:
    """Finds everything that is wrong with the changes themselves; raises InvalidRequest."""
    if not 0 < len(changes) <= MAX_CHANGES:
        raise invalid(
            Violation(field="changes", description=f"from 1 to {MAX_CHANGES} changes are required")
        )
    found = list(check_parent(parent))
    if len(changes) > 1 and any(isinstance(each, Rollback) for each in changes):
        found.append(Violation(field="changes", description="a rollback must be the only change"))
    for number, change in enumerate(changes):
        found.extend(check_change(parent, change, field_of(change, number)))
    if found:
        raise invalid(*found)


def check_parent(parent: ConnectorName) -> Iterator[Violation]:
    """The name of one connector, not of all."""
    if parent.connector == ANY:
        yield Violation(field="parent", description="must name one connector")


def check_change(parent: ConnectorName, change: Change, field: str) -> Iterator[Violation]:
    """Everything that is wrong with a change, whatever the state."""
    if isinstance(change, Create):
        yield from check_new_id(change.version_id, f"{field}.version_id")
        yield from check_draft(change.draft, f"{field}.version")
        return
    if isinstance(change, Rollback):
        yield from _check_rollback(parent, change, field)
        return
    where = f"{field}.version.name" if isinstance(change, Update) else f"{field}.name"
    if (change.name.connector, change.name.tenant) != (parent.connector, parent.tenant):
        yield Violation(field=where, description=f"must be a version of `{parent}`")
    if change.name.version in {LIVE, ANY}:
        yield Violation(field=where, description="must name one version; `live` is an alias")
    if isinstance(change, Promote):
        yield from _check_promotion(change, field)
    if isinstance(change, Update):
        yield from check_mask(change, field)
    if isinstance(change, Deprecate):
        yield from check_text(change.notes, f"{field}.notes")


def _check_promotion(change: Promote, field: str) -> Iterator[Violation]:
    if change.percent is not None and not 0 < change.percent <= traffic.WHOLE:
        yield Violation(field=f"{field}.traffic_percent", description="from 1 to 100")
    if len(change.matches) > MAX_MATCHES:
        yield Violation(
            field=f"{field}.match_headers", description=f"at most {MAX_MATCHES} entries"
        )
    for key, value in change.matches.items():
        where = f"{field}.match_headers[{key[:MAX_MATCH]}]"
        if not KEY.fullmatch(key) or key.endswith("-bin"):
            yield Violation(field=where, description="is no key of metadata, in lower case")
        if not MATCH.fullmatch(value):
            yield Violation(
                field=where,
                description=f"from 1 to {MAX_MATCH} visible ASCII characters, `*` only as the last",
            )


def _check_rollback(parent: ConnectorName, change: Rollback, field: str) -> Iterator[Violation]:
    if change.to is not None and change.to.connector != parent.connector:
        yield Violation(field=f"{field}.to", description=f"must be a version of `{parent}`")
    if change.to is not None and change.to.version in {LIVE, ANY}:
        yield Violation(field=f"{field}.to", description="must name one version")


def field_of(change: Change, number: int) -> str:
    """Where in a ManageVersions request a change stands."""
    return f"changes[{number}].{type(change).__name__.lower()}"


def invalid(*found: Violation) -> InvalidRequest:
    """One fault for everything that is wrong with a request."""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidRequest(
        f"{found[0].field}: {found[0].description}{more}", details=Details(violations=found)
    )


def refuse(found: Iterable[Violation]) -> None:
    """Raises InvalidRequest with all that is wrong with a request, where something is."""
    problems = tuple(found)
    if problems:
        raise invalid(*problems)


def check_new_id(text: str, field: str) -> Iterator[Violation]:
    """The id of a new connector or version."""
    try:
        check_id(text, field)
    except InvalidRequest as fault:
        yield from fault.details.violations
