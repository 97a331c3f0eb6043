"""Events that callers publish: of types of their own, told apart from those of the gateway."""

from datetime import UTC, datetime
from uuid import uuid4

from facade.catalog.request import refuse
from facade.events.request import check_own
from facade.model.access import Identity
from facade.model.event import Event


def own_event(by: Identity, type_: str, source: str, data: str, id_: str) -> Event:
    """The event that a caller publishes now; what he leaves out is made for him.

    Raises InvalidRequest for a type of the gateway's.
    """
    refuse(check_own(type_))
    return Event(
        tenant=by.tenant,
        id=id_ or str(uuid4()),
        type=type_,
        source=source or by.name,
        time=datetime.now(UTC),
        data=data or "null",
    )
