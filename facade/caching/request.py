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
    keeps: bool
    """Whether it lets its answer be remembered."""
    own_way: bool
    """Whether it waits for no other, since it must have an answer of its own."""


def request_of(plan: Plan) -> Request:
    """A plan as a request."""
    fields = fields_of(plan.headers)
    directives, conditions = request_directives(fields), CONDITIONS & fields.keys()
    keeps, is_get = "no-store" not in directives, plan.method == "GET"
    return Request(
        method=plan.method,
        fields=fields,
        directives=directives,
        conditions=conditions,
        plain=is_get and not (conditions or directives),
        keeps=keeps,
        own_way=not (is_get and keeps) or "no-cache" in directives,
    )
