"""A shop whose every answer says what was asked for, and who signed: no other passes for it."""

import json
import re
from collections import Counter
from typing import Any

from tests.doors import document
from tests.fakes import answer
from tests.faults.backends import CountingBackend, Request, Said

CALLS, BURST = 100, 20
"""Of `getLimited`: so many a second, and so many more at once."""

SIGNERS = ("left", "right")
"""Connectors to the same shop, each with a client of its own."""

SECRET = {"PORTICO_SECRET_CLIENT": "s3cret"}

BEARER = re.compile(rb"\r\nauthorization: bearer (\S+)", re.IGNORECASE)


class Stock(CountingBackend):
    """The shop; a PUT gives an item another revision."""

    def __init__(self) -> None:
        super().__init__(self._say)
        self.fresh = 60
        """Seconds for which its answers may be remembered."""
        self.delay = 0.0
        self._revisions: Counter[str] = Counter()

    def _say(self, request: Request) -> Said:
        self._revisions[request.path] += request.method == "PUT"
        signed = BEARER.search(request.raw)
        told = {
            "path": request.path,
            "revision": self._revisions[request.path],
            "signed": signed[1].decode() if signed else "",
        }
        fields = (
            ("Content-Type", "application/json"),
            ("Cache-Control", f"max-age={self.fresh}"),
        )
        return Said(answer(json.dumps(told).encode(), headers=fields), self.delay)


def connectors(origin: str, token_uri: str) -> dict[str, str]:
    """The connector files: `shop`, which nobody signs for, and those of the signers."""
    limited: dict[str, Any] = {"scope": "action", "calls": CALLS, "period": "1s", "burst": BURST}
    counted: dict[str, Any] = {"scope": "action", "calls": 10_000, "period": "1s"}
    policy = {
        "timeout": "4s",
        "actions": {"getLimited": {"limits": [limited]}, "getCounted": {"limits": [counted]}},
    }
    files = {"shop": _file("shop", origin, policy=policy)}
    for signer in SIGNERS:
        client = {
            "grant": "clientCredentials",
            "tokenUri": token_uri,
            "clientId": signer,
            "clientSecret": "env:PORTICO_SECRET_CLIENT",
            "clientAuthentication": "post",
        }
        files[signer] = _file(signer, origin, credentials=[{"scheme": "oauth", "oauth2": client}])
    return {f"{name}.yaml": text for name, text in files.items()}


def paths(*, signed: bool = False) -> dict[str, Any]:
    """The document of the shop."""
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}

    def operation(name: str) -> dict[str, Any]:
        security: dict[str, Any] = {"security": [{"oauth": []}]} if signed else {}
        return {"operationId": name, "parameters": [key], "responses": {}, **security}

    flow = {"clientCredentials": {"tokenUrl": "https://elsewhere.example/token", "scopes": {}}}
    return document(
        {
            "/items/{key}": {"get": operation("getItem"), "put": operation("putItem")},
            "/limited/{key}": {"get": operation("getLimited")},
            "/counted/{key}": {"get": operation("getCounted")},
        },
        components={"securitySchemes": {"oauth": {"type": "oauth2", "flows": flow}}},
    )


def _file(connector: str, origin: str, **fields: Any) -> str:
    version = {"id": "v1", "server": origin, **fields}
    version["spec"] = paths(signed="credentials" in fields)
    return json.dumps({"connector": connector, "versions": [version]})
