"""The actions and connections of a tenant, as the check of a definition asks for them."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Final

from facade.catalog.catalog import Catalog
from facade.errors.fault import Fault
from facade.errors.service import ConnectionSuspended
from facade.expressions.finding import Finding
from facade.expressions.known import ANYTHING, Known, either, known_of
from facade.flows.checking.arguments import SLOT
from facade.flows.checking.called import Called
from facade.model.action import Action, Location, Media, Response
from facade.model.call import Caller
from facade.model.definition import ActionCall, Definition, RunFlow
from facade.model.names import parse_action, parse_connection
from facade.model.version import Variable, Version

JSON: Final = ("json", "xml")
"""What a media type holds whose answers become JSON by their schema."""


class KnownActions:
    """Knows what a tenant's catalog has."""

    def __init__(
        self,
        catalog: Catalog,
        tenant: str,
        flows: Callable[[RunFlow], Definition | Finding | None] | None = None,
    ) -> None:
        """Takes the catalog, whose tenant it is, and who knows the tenant's other flows."""
        self._catalog = catalog
        self._tenant = tenant
        self._flows = flows

    def find(self, call: ActionCall) -> Called | Finding:
        """The action of a call; a finding where it, or its connection, is not there."""
        try:
            version, action = self._resolve(call)
        except Fault as fault:
            return Finding(call.place, fault.message)
        if action.problems:
            message = f"the action cannot be called: {action.problems[0].message}"
            return Finding(call.place, message)
        return called_of(action, version.variables)

    def flow(self, work: RunFlow) -> Definition | Finding | None:
        """What a flow says; None where nobody knows the others."""
        return self._flows(work) if self._flows else None

    def _resolve(self, call: ActionCall) -> tuple[Version, Action]:
        """Raises what `Catalog.resolve` does; a connection that rests may be back at the run."""
        name = parse_action(call.action, "action", self._tenant)
        if not call.connection:
            return self._catalog.resolve(name)
        connection = parse_connection(call.connection, "connection", self._tenant).connection
        subject = "" if SLOT.search(call.subject) else call.subject
        caller = Caller(tenant=self._tenant, connection=connection, subject=subject)
        try:
            return self._catalog.resolve(name, caller)
        except ConnectionSuspended:
            return self._catalog.resolve(name)


def called_of(action: Action, variables: Iterable[Variable] = ()) -> Called:
    """What is known of an action, of a version that sets such variables itself."""
    schema = action.input_schema
    return Called(
        arguments=schema if isinstance(schema, Mapping) else {},
        bound=_bound(action, variables),
        answers={each.status: _answer(each) for each in action.responses},
    )


def _bound(action: Action, variables: Iterable[Variable]) -> frozenset[str]:
    """The arguments that variables of the version take the place of."""
    set_by_it = {_spelt(each.location, each.name) for each in variables if each.location}
    return frozenset(
        each.key for each in action.parameters if _spelt(each.location, each.name) in set_by_it
    )


def _spelt(location: Location | None, name: str) -> tuple[Location | None, str]:
    """Where a parameter goes; names of headers are the same in any case."""
    return location, name.lower() if location is Location.HEADER else name


def _answer(response: Response) -> Known:
    """What is known of a body: of one that has no schema, or is no JSON, nothing."""
    found = [_content(each) for each in response.media] or [ANYTHING]
    return reduce(either, found)


def _content(media: Media) -> Known:
    schema = media.schema
    is_json = any(word in media.type.lower() for word in JSON)
    return known_of(schema) if is_json and isinstance(schema, Mapping) else ANYTHING
