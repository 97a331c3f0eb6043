"""Ids of requests (AIP-155): by one the repeat of a request is known as such."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid5

from facade.catalog.request import refuse
from facade.errors.fault import Violation


def check_request_id(request_id: str) -> Iterator[Violation]:
    """What is wrong with the id of a request; none is fine."""
    try:
        if request_id:
            UUID(request_id)
    except ValueError:
        yield Violation(field="request_id", description="must be a UUID, new for each request")


def uid_of(made: UUID, tenant: str, request_id: str, new_uid: Callable[[], UUID]) -> str:
    """The uid of what a request creates, the same for its repeat; raises InvalidRequest.

    `made`: tells apart the kinds of resources whose uids are made of requests.
    """
    if not request_id:
        return str(new_uid())
    refuse(check_request_id(request_id))
    return str(uuid5(made, f"{tenant}/{UUID(request_id)}"))
