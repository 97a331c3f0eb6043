"""Removal: the things of a subject go before the subject does, by an action of its connector."""

from collections.abc import Awaitable, Callable
from typing import Final

from facade.catalog.catalog import Catalog
from facade.connections.things.thing import caller_of
from facade.errors.backend import BackendNotFound
from facade.errors.caller import ActionNotFound
from facade.errors.fault import Fault
from facade.errors.service import RemovalFailed
from facade.model.action import Action, Parameter
from facade.model.call import Call, Caller, Outcome
from facade.model.connection import Connection, Subject
from facade.model.names import ActionName, ConnectorName
from facade.transcode.arguments import argument

LABEL: Final = "connctd-remove-action"
"""The label of a connector that names the action by which a thing is removed."""


class ThingRemoval:
    """Removes things by the action that their connector declares for that."""

    def __init__(self, execute: Callable[[Call], Awaitable[Outcome]], catalog: Catalog) -> None:
        """Takes what executes calls, and what knows the connectors."""
        self._execute = execute
        self._catalog = catalog

    async def remove(self, connection: Connection, subject: Subject) -> None:
        """Calls the action once for each thing; one that is gone already is no failure.

        Where the connector declares none there is nothing to call. Raises RemovalFailed where the
        action cannot be used, or a call of it fails: what was removed before is gone by then, and
        a repeat goes on with the rest.
        """
        tenant = connection.name.tenant
        connector = self._catalog.connector(ConnectorName(connection.connector, tenant))
        declared = connector.labels.get(LABEL)
        if not declared or not subject.mappings:
            return
        name = ActionName(connection.connector, connection.version, declared, tenant)
        caller = caller_of(connection, subject)
        try:
            place = _place(self._catalog.resolve(name, caller)[1])
            for own in subject.mappings:
                await self._removed(name, place, own, caller)
        except ActionNotFound:
            raise RemovalFailed(f"{LABEL}: the version has no action `{declared}`") from None

    async def _removed(self, name: ActionName, place: Parameter, own: str, caller: Caller) -> None:
        arguments = {place.key: argument(own)}
        try:
            await self._execute(
                Call(name=name, arguments=arguments, full_view=False, caller=caller)
            )
        except BackendNotFound:
            return
        except Fault as fault:
            raise RemovalFailed(f"a thing was not removed: {fault.message}") from None


def _place(action: Action) -> Parameter:
    """The parameter that takes a thing's id: the only one that is required."""
    required = [each for each in action.parameters if each.required]
    if len(required) != 1:
        raise RemovalFailed(f"{LABEL}: `{action.id}` must have one required parameter")
    return required[0]
