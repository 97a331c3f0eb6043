"""Pets in a catalog: what the tests of publishing begin with."""

from datetime import UTC, datetime

from facade.errors.backend import BackendUnreachable
from facade.model.change import Create, Draft, Promote
from facade.model.names import ActionName, ConnectorName, VersionName
from facade.spec.examination import Examination, examine
from facade.spec.limits import DEFAULT

PETS = ConnectorName("pets")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(text: str) -> Examination:
    return examine(text, DEFAULT)


def spec(action: str) -> str:
    return (
        "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths:\n"
        f"  /pets/{{id}}/photo:\n    get: {{operationId: {action}, responses: {{}}}}\n"
    )


async def no_fetch(uri: str) -> bytes:
    raise BackendUnreachable(f"no {uri} in this test")


def create(key: str, action: str = "getPet") -> Create:
    return Create(version_id=key, draft=Draft(spec_text=spec(action)))


def named(key: str) -> VersionName:
    return VersionName("pets", key)


def promote(key: str, percent: int = 100) -> Promote:
    return Promote(name=named(key), percent=percent, allow_breaking=True)


def call(version: str, action: str) -> ActionName:
    return ActionName("pets", version, action)
