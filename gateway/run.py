"""Run: the process of `portico up`, or the one that keeps several of them."""

import sys
from collections.abc import Sequence
from dataclasses import replace

from facade.app.listening import tls_for
from facade.catalog.artifacts import TextArtifacts
from facade.config import Settings
from facade.parts import Parts
from facade.run import Face, Program, Ready, http_face, run_worker
from facade.telemetry import names
from gateway.engines.choice import engine_of
from gateway.server import HealthServer, build_server, credentials_for
from gateway.typed.artifacts import WireArtifacts


def _faces(parts: Parts, settings: Settings, ready: Ready) -> Sequence[Face]:
    artifacts = WireArtifacts(TextArtifacts(parts.catalog, parts.typed))
    whole = replace(parts, artifacts=artifacts)
    http = (http_face(whole, settings, ready),) if settings.http else ()
    return (build_server(parts, settings), *http)


def _beside(settings: Settings) -> Sequence[Face]:
    return (HealthServer(settings.health),) if settings.health else ()


def _check(settings: Settings) -> None:
    credentials_for(settings)
    engine_of(settings)
    if settings.http:
        tls_for(settings, "http")


GATEWAY = Program(
    service=names.GATEWAY,
    module="gateway.run",
    ports=("grpc", "http"),
    faces=_faces,
    beside=_beside,
    check=_check,
)
"""`portico up`."""


if __name__ == "__main__":
    sys.exit(run_worker(GATEWAY))
