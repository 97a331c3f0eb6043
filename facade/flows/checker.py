"""Checker: whether a definition fits the actions that it calls, and who may have it call them."""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from facade.access.authorize import Authority
from facade.catalog.catalog import Catalog
from facade.catalog.snapshot import Snapshot
from facade.errors.access import CallerForbidden
from facade.errors.definitions import DefinitionInvalid
from facade.errors.fault import Details, Violation
from facade.errors.flows import FlowUnfit
from facade.expressions.finding import Finding, findings_of, said_place
from facade.flows.definitions import calls_in, read
from facade.model.access import Identity
from facade.model.definition import ActionCall, Definition, RunFlow

METHOD: Final = "ExecuteAction"
"""What somebody must be allowed to call for a flow to call it."""

Others: TypeAlias = Callable[[RunFlow], Definition | Finding | None]
"""What another flow says; a finding where it is not there."""


class Checker:
    """Compares definitions with the catalog as it is."""

    def __init__(self, catalog: Catalog, authority: Authority) -> None:
        """Takes what knows the actions, and what callers may do."""
        self._catalog = catalog
        self._authority = authority
        self._of: Snapshot | None = None
        self._known: dict[tuple[str, str], tuple[Finding, ...]] = {}

    async def refresh(self) -> None:
        """Learns of what others have changed; raises StoreUnavailable."""
        await self._catalog.refresh()

    def fits(self, source: str, tenant: str) -> tuple[Finding, ...]:
        """What in a definition does not fit the actions of a tenant; nothing of other flows.

        What was found is found again without a look, until the catalog changes.
        """
        snapshot = self._catalog.snapshot
        if snapshot is not self._of:
            self._of, self._known = snapshot, {}
        key = source, tenant
        if key not in self._known:
            self._known[key] = self.findings(source, tenant)
        return self._known[key]

    def findings(
        self, source: str, tenant: str, others: Others | None = None, name: str = ""
    ) -> tuple[Finding, ...]:
        """All that is wrong with a definition for a tenant, whoever publishes it.

        `others`: what the flows say that it runs; `name` is its own, where it has one.
        """
        # the engines of expressions are loaded once there is a flow
        from facade.flows.checking.check import check  # noqa: PLC0415 - heavy
        from facade.flows.known_actions import KnownActions  # noqa: PLC0415 - heavy

        try:
            definition = read(source)
        except DefinitionInvalid as fault:
            return findings_of(fault)
        return check(definition, KnownActions(self._catalog, tenant, others), name)

    def forbidden(self, definition: Definition, by: Identity) -> tuple[Finding, ...]:
        """The calls that somebody may not have made."""
        found = []
        for call in calls_in(definition):
            try:
                self._check_call(call, by)
            except CallerForbidden as fault:
                found.append(Finding(call.place, fault.message))
        return tuple(found)

    def check_allowed(self, definition: Definition, by: Identity) -> None:
        """Raises CallerForbidden unless somebody may make every call of a definition."""
        for call in calls_in(definition):
            self._check_call(call, by)

    def _check_call(self, call: ActionCall, by: Identity) -> None:
        through = (call.connection,) if call.connection else ()
        self._authority.check(METHOD, by, call.action, through)


def unfit(what: str, findings: Iterable[Finding]) -> FlowUnfit:
    """The fault that tells of all findings, the first of them in its message."""
    found = tuple(
        Violation(field=said_place(each.place), description=each.message) for each in findings
    )
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return FlowUnfit(
        f"{what} does not fit: {found[0].field}: {found[0].description}{more}",
        details=Details(violations=found),
    )
