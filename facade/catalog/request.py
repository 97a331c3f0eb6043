"""What is wrong with changes, whatever the state they meet; pure."""

from collections.abc import Iterator, Sequence

from facade.catalog import traffic
from facade.catalog.draft import check_draft
from facade.catalog.mask import check_mask
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation
from facade.model.change import Change, Create, Promote, Update
from facade.model.names import ANY, LIVE, ConnectorName, check_id

MAX_CHANGES = 100


def check_changes(parent: ConnectorName, changes: Sequence[Change]) -> None:
    """Finds everything that is wrong with the changes themselves; raises InvalidRequest."""
    if not 0 < len(changes) <= MAX_CHANGES:
        raise invalid(
            Violation(field="changes", description=f"from 1 to {MAX_CHANGES} changes are required")
        )
    found = list(check_parent(parent))
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
    where = f"{field}.version.name" if isinstance(change, Update) else f"{field}.name"
    if change.name.connector != parent.connector:
        yield Violation(field=where, description=f"must be a version of `{parent}`")
    if change.name.version in {LIVE, ANY}:
        yield Violation(field=where, description="must name one version; `live` is an alias")
    if isinstance(change, Promote) and not 0 < change.percent <= traffic.WHOLE:
        yield Violation(field=f"{field}.traffic_percent", description="from 1 to 100")
    if isinstance(change, Update):
        yield from check_mask(change, field)


def field_of(change: Change, number: int) -> str:
    """Where in a ManageVersions request a change stands."""
    return f"changes[{number}].{type(change).__name__.lower()}"


def invalid(*found: Violation) -> InvalidRequest:
    """One fault for everything that is wrong with a request."""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidRequest(
        f"{found[0].field}: {found[0].description}{more}", details=Details(violations=found)
    )


def check_new_id(text: str, field: str) -> Iterator[Violation]:
    """The id of a new connector or version."""
    try:
        check_id(text, field)
    except InvalidRequest as fault:
        yield from fault.details.violations
