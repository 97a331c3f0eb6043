"""Routing: a request goes to its route, and comes back with an answer whatever happens there."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.routing import BaseRoute, Match
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
        asking: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        """Takes the routes, what is around them and their errors, and what says which they are.

        `gate`: of the calls among them; `asking` is before it, and asks who calls.
        """
        self.drain = Drain(_routed(routes, known))
        """Ends what is under way."""
        gated: ASGIApp = Gated(self.drain, gate) if gate else self.drain
        answering = Faults(asking(gated) if asking else gated)
        self._app = around(answering) if around else answering

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers one request."""
        return self._app(scope, receive, send)


def _routed(routes: Sequence[BaseRoute], known: str) -> ASGIApp:
    """Goes to the route that a request is for; a refusal is raised, never answered here."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = routed  # with an application around them routes raise their refusals
        partial: BaseRoute | None = None
        for route in routes:
            match, more = route.matches(scope)
            if match is Match.FULL:
                scope.update(more, route=route)
                await route.handle(scope, receive, send)
                return
            if match is Match.PARTIAL:
                partial = partial or route
        if partial is None:
            raise no_route(scope, known)
        scope["route"] = partial
        raise no_method(scope, _methods(routes, scope))

    return routed


def _methods(routes: Sequence[BaseRoute], scope: Scope) -> set[str]:
    """What all routes of a path take."""
    fitting = (each for each in routes if each.matches(scope)[0] is not Match.NONE)
    return {method for each in fitting for method in getattr(each, "methods", None) or ()}
