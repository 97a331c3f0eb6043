"""A request as caches see it."""

import msgspec

from facade.caching.directives import Directives, request_directives
from facade.caching.fields import CONDITIONS
from facade.model.call import Plan
from facade.model.said import Fields, fields_of


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request decides which answers it may get."""

    method: str
    fields: Fields
    directives: Directives
    conditions: frozenset[str]
    """The names of its own conditions, and of those fields that ask for a range."""
    plain: bool
    """Whether it asks for a whole answer and says nothing to caches."""


def request_of(plan: Plan) -> Request:
    """A plan as a request."""
    fields = fields_of(plan.headers)
    directives, conditions = request_directives(fields), CONDITIONS & fields.keys()
    return Request(
        method=plan.method,
        fields=fields,
        directives=directives,
        conditions=conditions,
        plain=plan.method == "GET" and not (conditions or directives),
    )
