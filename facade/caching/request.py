"""A request as caches see it."""

from dataclasses import dataclass

from facade.caching.directives import Directives, request_directives
from facade.caching.fields import CONDITIONS, Fields, fields_of
from facade.model.call import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What of a request decides which answers it may get."""

    method: str
    fields: Fields
    directives: Directives
    conditions: frozenset[str]
    """The names of its own conditions, and of those fields that ask for a range."""


def request_of(plan: Plan) -> Request:
    """A plan as a request."""
    fields = fields_of(plan.headers)
    return Request(
        method=plan.method,
        fields=fields,
        directives=request_directives(fields),
        conditions=CONDITIONS & fields.keys(),
    )
