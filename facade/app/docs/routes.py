"""/docs: Swagger UI for every document that is served here, from this host alone."""

import html
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from facade.app.assets import Assets
from facade.app.identity import identity_of
from facade.catalog.catalog import Catalog
from facade.config import Settings
from facade.model.access import Identity, Permission, Target
from facade.model.names import LIVE
from facade.parts import Parts

ASSETS = Path(__file__).with_name("assets")

POLICY = (
    "default-src 'none'; script-src 'nonce-{}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Own files alone, and of scripts those that the page names: backends answer from this host, too.
Styles may stand in the page, since Swagger UI writes them there."""

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "cache-control": "no-store",
        "content-type": "text/html; charset=utf-8",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }
)

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portico</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/assets/$version/swagger-ui.css">
<link rel="stylesheet" href="docs/assets/$version/docs.css">
</head>
<body>
<header><strong>Portico</strong>
<label>Document <select id="document">
$options
</select></label></header>
<main id="swagger-ui"></main>
<script nonce="$nonce" src="docs/assets/$version/swagger-ui-bundle.js"></script>
<script nonce="$nonce" src="docs/assets/$version/docs.js"></script>
</body>
</html>
""")
"""Its links are relative, so that it works below any path that a proxy takes away."""


def routes(parts: Parts, _settings: Settings) -> list[BaseRoute]:
    """The page, its files, and the way to it."""
    assets = Assets(ASSETS)

    async def page(request: Request) -> Response:
        identity = identity_of(request.scope)
        parts.access.authority.check("Documents", identity)
        nonce, options = secrets.token_urlsafe(16), "\n".join(_options(parts.catalog, identity))
        shown = PAGE.substitute(version=assets.version, nonce=nonce, options=options)
        headers = {**HEADERS, "content-security-policy": POLICY.format(nonce)}
        return Response(shown, headers=headers)

    async def home(_: Request) -> Response:
        return RedirectResponse("docs", 307)

    return [
        Route("/", home),
        Route("/docs", page),
        Route("/docs/assets/{version}/{file}", assets.answer),
    ]


def documents(catalog: Catalog, identity: Identity) -> Iterator[tuple[str, str]]:
    """Title and path of each document that a caller may see: Portico's own come first."""
    yield "Portico's own API", "v1/openapi.json"
    yield "Connectors as connctd has them", "api/v1/connectors/openapi.json"
    for connector in catalog.connectors(identity.tenant):
        id_ = connector.name.connector
        if not identity.allows(Permission.VIEW, Target(connector=id_)):
            continue
        title = f"{connector.title} ({id_})" if connector.title else id_
        if connector.live:
            yield f"{title}: {LIVE}", f"v1/connectors/{id_}/versions/{LIVE}/openapi.json"
        for version in connector.versions:
            yield f"{title}: {version}", f"v1/connectors/{id_}/versions/{version}/openapi.json"
    for each in catalog.connecting.all(identity.tenant):
        id_ = each.name.connection
        if identity.allows(Permission.VIEW, Target(connector=each.connector, connection=id_)):
            title = f"{each.title} ({id_})" if each.title else id_
            yield f"{title}: connection", f"v1/connections/{id_}/openapi.json"


def _options(catalog: Catalog, identity: Identity) -> Iterator[str]:
    for title, path in documents(catalog, identity):
        yield f'<option value="{html.escape(path)}">{html.escape(title)}</option>'
