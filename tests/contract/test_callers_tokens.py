"""What tokens may not bring along: roles of another tenant, and names that nobody can read."""

from pathlib import Path
from typing import Any

import pytest

from gateway.v1.access_pb2 import WhoAmIRequest
from gateway.v1.access_pb2_grpc import AccessServiceStub
from gateway.v1.catalog_pb2 import GetConnectorRequest
from gateway.v1.catalog_pb2_grpc import CatalogServiceStub
from tests.callers import AUDIENCE, Issuer, bearer, rsa
from tests.doors import refusal
from tests.faces import both_faces

ACCESS = """\
access:
  - members: ["jwt:ISSUER#bound"]
    tenant: acme
    role: viewer
"""


async def test_a21_roles_that_a_token_has_for_one_tenant_are_none_in_another(
    tmp_path: Path,
) -> None:
    async with Issuer(rsa("one")) as issuer:
        access = tmp_path / "access.yaml"
        access.write_text(ACCESS.replace("ISSUER", issuer.origin))
        known: dict[str, Any] = {"callers": "known", "access": access}
        jwt: dict[str, Any] = {"jwt_issuer": issuer.origin, "jwt_audience": AUDIENCE}
        async with both_faces(tmp_path / "data", **known, **jwt) as faces:
            stub: Any = AccessServiceStub(faces.door.channel)

            async def roles(**claims: Any) -> list[tuple[str, int]]:
                shown = bearer(issuer.token(sub="bound", **claims))
                found = await stub.WhoAmI(WhoAmIRequest(), metadata=shown)
                return [found.tenant, *sorted(each.role for each in found.grants)]

            bound = await roles(roles=[])
            assert await roles(tenant="else", roles=["admin"]) == bound
            assert len(await roles(tenant="acme", roles=["admin"])) == len(bound) + 1
            assert len(await roles(roles=["admin"])) == len(bound) + 1


@pytest.mark.parametrize("subject", ["a\0b", "a\nkey:ci", "\x1b[2J", "a\u202eb"])
async def test_a16_who_has_a_name_that_nobody_can_read_is_not_known(
    tmp_path: Path, subject: str
) -> None:
    async with Issuer(rsa("one")) as issuer:
        jwt: dict[str, Any] = {"jwt_issuer": issuer.origin, "jwt_audience": AUDIENCE}
        async with both_faces(tmp_path, callers="known", **jwt) as faces:
            stub: Any = CatalogServiceStub(faces.door.channel)
            shown = bearer(issuer.token(sub=subject, roles=["viewer"]))
            asked = stub.GetConnector(GetConnectorRequest(name="connectors/a"), metadata=shown)
            assert (await refusal(asked)).info.reason == "CALLER_UNKNOWN"
