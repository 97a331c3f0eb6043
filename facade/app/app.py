"""The HTTP face, put together; and the small one for probes and metrics."""

from collections.abc import Callable

from facade.app import admin, hooks, hosts, oauth2
from facade.app.admin import Expose, Metrics
from facade.app.api import routes as api
from facade.app.connctd import routes as connctd
from facade.app.docs import routes as docs
from facade.app.identity import Identified
from facade.app.mcp import routes as mcp
from facade.app.mirror import routes as mirror
from facade.app.observed import Observed
from facade.app.routing import App
from facade.app.ui import routes as ui
from facade.config import Settings
from facade.parts import Parts


def build_app(
    parts: Parts, settings: Settings, ready: Callable[[], bool], expose: Expose | None = None
) -> App:
    """The whole HTTP face; `expose` gives the metrics where they are not this process's alone."""
    routes = [
        *hosts.routes(settings),
        *mirror.routes(parts, settings),
        *api.routes(parts, settings),
        *mcp.routes(parts, settings),
        *connctd.routes(parts, settings),
        *docs.routes(parts, settings),
        *ui.routes(parts, settings),
        *oauth2.routes(parts),
        *hooks.routes(parts),
        *admin.routes(
            ready,
            Metrics(settings, "http", expose or parts.meters.expose),
            parts.condition,
        ),
    ]
    return App(
        routes,
        lambda app: Observed(app, parts.tracing, parts.meters),
        parts.gate,
        asking=lambda app: Identified(app, parts.access, settings),
    )


def build_admin(
    settings: Settings, ready: Callable[[], bool], expose: Expose, condition: Callable[[], str]
) -> App:
    """The probes and the metrics alone."""
    routes = admin.routes(ready, Metrics(settings, "admin", expose), condition)
    return App(routes, known="there are " + ", ".join(each.path for each in routes))
