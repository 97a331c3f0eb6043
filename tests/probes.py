"""The probes of a container, asked as the kubelet asks them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import grpc.aio
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

KINDS = {"startup": "startupProbe", "readiness": "readinessProbe", "liveness": "livenessProbe"}

LEAST = 1.0
"""Seconds that an answer may take, however fast the time of the test goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One probe of a container, with the defaults of Kubernetes."""

    action: Mapping[str, Any]
    """`grpc` or `httpGet`."""
    port: int
    """On this machine's loopback."""
    period: float = 10.0
    timeout: float = 1.0
    failures: int = 3

    async def succeeds(self) -> bool:
        """Asks once."""
        ask = self._over_grpc if "grpc" in self.action else self._over_http
        try:
            async with asyncio.timeout(self.timeout):
                return await ask()
        except (TimeoutError, grpc.aio.AioRpcError, aiohttp.ClientError):
            return False

    async def _over_grpc(self) -> bool:
        request = HealthCheckRequest(service=self.action["grpc"].get("service", ""))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            answer = await HealthStub(channel).Check(request)
        return bool(answer.status == HealthCheckResponse.SERVING)

    async def _over_http(self) -> bool:
        url = f"http://127.0.0.1:{self.port}{self.action['httpGet']['path']}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return 200 <= answer.status < 400


def probe_of(
    container: Mapping[str, Any], kind: str, port: Callable[[Any], int], pace: float
) -> Probe:
    """A probe of a container; `port` gives where a port or its name is found here."""
    said = container[KINDS[kind]]
    patience = 1 / pace if kind == "startup" else 1  # a process starts no faster here
    asked = said.get("grpc") or said["httpGet"]
    return Probe(
        action=said,
        port=port(asked["port"]),
        period=said.get("periodSeconds", 10) * pace,
        timeout=max(LEAST, said.get("timeoutSeconds", 1) * pace),
        failures=round(said.get("failureThreshold", 3) * patience),
    )
