"""A request for a method: its path, query, body and header fields become what was asked."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from facade.app.api.body import check_media_type, members_of
from facade.app.api.document import leaves
from facade.app.api.form.place import FieldPlace
from facade.app.api.query import read_query
from facade.app.api.requests import PARAMETERS
from facade.app.api.route import Asked, Route
from facade.app.body import Body
from facade.app.identity import identity_of, proven
from facade.catalog.request import invalid
from facade.errors.caller import RequestTooLarge
from facade.errors.fault import Violation
from facade.hop.acceptance import Acceptance
from facade.hop.fields import SIGNATURE
from facade.model.call import Argument
from facade.model.face import joined
from facade.model.field_names import HOP


class Reading:
    """Reads the requests for one method."""

    def __init__(self, route: Route, acceptance: Acceptance, limit: int) -> None:
        """Takes who believes signatures, and the bytes that a body may have."""
        self._route = route
        self._acceptance = acceptance
        self.limit = limit
        self._leaves = leaves(route)

    async def read(self, request: Request, body: Body, name: str) -> Asked:
        """What a request asks for; `name` is what its path says.

        Raises InvalidRequest with everything that is wrong, RequestTooLarge, HopUntrusted, and
        what `Body.whole` does.
        """
        data = await body.whole()
        if data is None:
            limit = f"the {self.limit} bytes that the method takes"
            raise RequestTooLarge(f"The body is larger than {limit}.")
        is_signed = SIGNATURE in request.headers
        identity = identity_of(request.scope)
        if is_signed:
            self._verify(request, data)
        members = self._members(request, data)
        problems: list[Violation] = []
        place = FieldPlace("", problems)
        tree = read_query(request.scope["query_string"], self._leaves, place)
        if self._route.body == "*":
            tree |= _values(members)
        elif self._route.body:
            tree[self._route.body] = _values(members)
        fields = self._route.request.read(tree, place)
        if problems:
            raise invalid(*problems)
        sent = (each for each in request.headers.items() if not each[0].startswith(HOP))
        return Asked(
            rpc=self._route.rpc,
            name=name,
            fields=fields,
            members=members,
            headers=joined(sent),
            is_signed=is_signed,
            identity=proven(identity) if is_signed else identity,
        )

    def _members(self, request: Request, body: bytes) -> Mapping[str, Argument]:
        if self._route.body:
            check_media_type(request.headers.get("content-type", ""))
            return members_of(body)
        if body:
            raise invalid(Violation(field="body", description=f"{self._route.rpc} takes none"))
        return {}

    def _verify(self, request: Request, body: bytes) -> None:
        scope = request.scope
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        headers = tuple(request.headers.items())
        names = scope["state"].get("peer_names", ())
        self._acceptance.handed(request.method, target.decode("latin-1"), headers, body, names)


def _values(members: Mapping[str, Argument]) -> dict[str, Any]:
    """The values as JSON readers have them, with doubles; those of arguments as they were."""
    return {
        name: member.value if name == PARAMETERS.name else msgspec.json.decode(member.text)
        for name, member in members.items()
    }
