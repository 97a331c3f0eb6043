"""Routing: a request goes to its route, and comes back with an answer whatever happens there."""

from collections.abc import Callable, Sequence

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from facade.app.drain import Drain
from facade.app.errors import Faults, no_method, no_route
from facade.app.gated import Gated
from facade.policy.overload.gate import Gate


class App:
    """Answers requests, as an ASGI application."""

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        around: Callable[[ASGIApp], ASGIApp] | None = None,
        gate: Gate | None = None,
        known: str = "/docs has them all",
    ) -> None:
        """Takes the routes, what is around them and their errors, and what says which they are.

        `gate`: of the calls among them.
        """
        self.drain = Drain(_routed(routes, known))
        """Ends what is under way."""
        answering = Faults(Gated(self.drain, gate) if gate else self.drain)
        self._app = around(answering) if around else answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await self._app(scope, receive, send)


def _routed(routes: Sequence[BaseRoute], known: str) -> ASGIApp:
    """Goes to the route that a request is for; a refusal is raised, never answered here."""

    async def missing(scope: Scope, _receive: Receive, _send: Send) -> None:
        raise no_route(scope, known)

    router = Router(routes, redirect_slashes=False, default=missing)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = routed  # with an application around them routes raise their refusals
        try:
            await router(scope, receive, send)
        except HTTPException as refusal:
            if refusal.status_code == 405:
                raise no_method(scope, _methods(routes, scope)) from None
            raise

    return routed


def _methods(routes: Sequence[BaseRoute], scope: Scope) -> set[str]:
    """What all routes of a path take."""
    fitting = (each for each in routes if each.matches(scope)[0] is not Match.NONE)
    return {method for each in fitting for method in getattr(each, "methods", None) or ()}
