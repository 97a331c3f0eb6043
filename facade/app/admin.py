"""Health and metrics over HTTP: whether the process lives, whether it takes calls, its numbers."""

import hmac
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from facade.app.addresses import is_local
from facade.config import Settings

LOGGER = logging.getLogger(__name__)

Expose: TypeAlias = Callable[[str], tuple[str, bytes]]
"""Gives the content type and the text of the metrics, as an Accept field asks for them."""

REMEDY = "set metrics_token, or have them listened for on loopback"

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def routes(
    ready: Callable[[], bool], metrics: "Metrics", condition: Callable[[], str]
) -> list[Route]:
    """/healthz while the process lives, /readyz while `ready` says so, and /metrics.

    `condition` gives what readiness says of the ledger, where there is something to say.
    """

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=HEADERS)

    async def readyz(_: Request) -> Response:
        is_ready, ledger = ready(), condition()
        said = {"status": "ready" if is_ready else "not ready"}
        if ledger:
            said["ledger"] = ledger
        return JSONResponse(said, 200 if is_ready else 503, HEADERS)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics.answer),
    ]


class Metrics:
    """/metrics of one listener: for everybody on loopback, else for those who know the token."""

    def __init__(self, settings: Settings, setting: str, expose: Expose) -> None:
        """Takes the name of the setting that has the listener's address."""
        self._token = settings.metrics_token
        if self._token is not None:
            _read(self._token)  # the log says at once what is wrong with it
        self._expose = expose
        self._closed = self._token is None and not is_local(getattr(settings, setting))
        if self._closed:
            LOGGER.warning("%s: /metrics is refused beyond loopback: %s", setting, REMEDY)

    async def answer(self, request: Request) -> Response:
        """The metrics, or a refusal."""
        if self._closed:
            said = f"Metrics are refused beyond loopback: {REMEDY}.\n"
            return PlainTextResponse(said, 403, HEADERS)
        if self._token is not None and not _shown(request, self._token):
            headers = {**HEADERS, "www-authenticate": 'Bearer realm="metrics"'}
            return PlainTextResponse("The token of metrics_token is needed.\n", 401, headers)
        kind, text = self._expose(request.headers.get("accept", ""))
        return Response(text, headers={**HEADERS, "content-type": kind})


def _shown(request: Request, file: Path) -> bool:
    """Whether a request shows the token; the file is read anew, as it may be rotated."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = _read(file)
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and same


def _read(file: Path) -> str:
    """The token; empty, with a line in the log, where there is none."""
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        LOGGER.warning("metrics_token: %s cannot be read: %s", file, type(problem).__name__)
        return ""
    if not token:
        LOGGER.warning("metrics_token: %s is empty", file)
    return token
