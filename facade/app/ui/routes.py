"""/ui: the pages of the dashboard, and the files that they need."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from facade.app.assets import Assets
from facade.app.errors import no_route
from facade.app.ui import (
    actions,
    alerts,
    connections,
    connectors,
    events,
    executions,
    flows,
    overview,
    runs,
    sign_in,
    traces,
    trying,
)
from facade.app.ui.door import Door
from facade.app.ui.mappings import Mappings
from facade.app.ui.page import Pages
from facade.app.ui.session import Sessions
from facade.app.ui.visit import House, Show, Visit
from facade.config import Settings
from facade.listing.pages import Tokens
from facade.listing.traces import Traces
from facade.parts import Parts

ASSETS: Final = Path(__file__).with_name("assets")

_CONNECTOR: Final = "connectors/{connector}"
_VERSION: Final = f"{_CONNECTOR}/versions/{{version}}"
_ACTION: Final = f"{_VERSION}/actions/{{action:path}}"
_FLOW: Final = "flows/{flow}"
_RUN: Final = f"{_FLOW}/runs/{{run}}"
_CONNECTION: Final = "connections/{connection}"

PAGES: Final[tuple[tuple[str, Show], ...]] = (
    ("", overview.show),
    ("connectors", connectors.show_all),
    (_CONNECTOR, connectors.show),
    (f"{_VERSION}/diff", connectors.compare),
    (f"{_VERSION}/mapping", connectors.show_mapping),
    (_ACTION, actions.show),
    (_VERSION, connectors.show_version),
    ("actions", actions.show_all),
    ("connections", connections.show_all),
    (_CONNECTION, connections.show),
    ("flows", flows.show_all),
    (_FLOW, flows.show),
    ("runs", runs.show_all),
    (f"{_RUN}/events", runs.watch),
    (_RUN, runs.show),
    ("events", events.show),
    ("events/subscriptions/{subscription}", events.show_subscription),
    ("history", executions.show_all),
    ("history/{execution}", executions.show),
    ("alerts", alerts.show_all),
    ("alerts/{alert}", alerts.show),
    ("traces", traces.show_all),
    ("traces/{trace}", traces.show),
)
"""What is only looked at, by its path below /ui/."""

DEEDS: Final[tuple[tuple[str, Show], ...]] = (
    (f"calls/{_ACTION}", trying.run),
    (f"{_CONNECTION}/{{deed:str}}", connections.change),
    (f"{_RUN}/{{deed}}", runs.change),
    (f"{_FLOW}/{{deed}}", flows.change),
    ("events/deliveries/{delivery}/redeliver", events.redeliver),
    ("events/subscriptions/{subscription}/{deed}", events.change),
    ("events/subscriptions", events.subscribe),
    ("alerts/{alert}/{deed}", alerts.change),
    ("alerts", alerts.create),
)
"""What is done: by POST alone."""


def routes(parts: Parts, settings: Settings) -> list[BaseRoute]:
    """Every page, the files of all, and what is said of a page that there is not."""
    assets = Assets(ASSETS)
    prefix = urlsplit(settings.public_url).path.rstrip("/")
    house = House(
        parts=parts,
        settings=settings,
        pages=Pages(assets.version),
        sessions=Sessions(parts.access.keys, parts.page_key, settings, f"{prefix}/ui"),
        mappings=Mappings(parts.catalog),
        traces=Traces(parts.ring, parts.elsewhere, Tokens(parts.page_key)),
    )
    door = Door(house)
    entry = sign_in.SignIn(house, door)
    return [
        Route("/ui", _first),
        Route("/ui/assets/{version}/{file}", assets.answer),
        Route("/ui/sign-in", entry.ask, methods=["GET"]),
        Route("/ui/sign-in", entry.sign_in, methods=["POST"]),
        Route("/ui/sign-out", entry.sign_out, methods=["POST"]),
        *(Route(f"/ui/{path}", _at(door, show), methods=["GET"]) for path, show in PAGES),
        *(Route(f"/ui/{path}", _at(door, show), methods=["POST"]) for path, show in DEEDS),
        Route("/ui/{path:path}", _at(door, _missing), methods=["GET", "POST"]),
    ]


async def _first(_: Request) -> Response:
    return RedirectResponse("ui/", 307)


async def _missing(visit: Visit) -> Response:
    raise no_route(visit.request.scope, "the navigation leads to every page")


def _at(door: Door, show: Show) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        return await door.answer(request, show)

    return answered
