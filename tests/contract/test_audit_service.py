"""AuditService from outside, over gRPC and over HTTP: the same entries, and the same verdict."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from facade.ground import DATABASE
from gateway.v1.audit_pb2 import ListAuditEntriesRequest, VerifyAuditRequest
from gateway.v1.audit_pb2_grpc import AuditServiceStub
from gateway.v1.catalog_pb2 import CreateConnectorRequest, DeleteConnectorRequest
from gateway.v1.version_pb2 import Connector
from tests.doors import refusal
from tests.faces import Faces, both_faces


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with both_faces(tmp_path) as opened:
        for name in ("a", "b"):
            await opened.door.catalog.CreateConnector(
                CreateConnectorRequest(connector_id=name, connector=Connector(title=name))
            )
        await opened.door.catalog.DeleteConnector(DeleteConnectorRequest(name="connectors/a"))
        yield opened


@pytest.fixture
def audit(faces: Faces) -> Any:
    return AuditServiceStub(faces.door.channel)


async def test_changes_are_listed_the_latest_first_with_who_made_them(
    faces: Faces, audit: Any
) -> None:
    listed = await audit.ListAuditEntries(ListAuditEntriesRequest(page_size=2))
    assert [(each.method, each.target) for each in listed.audit_entries] == [
        ("delete_connector", "connectors/a"),
        ("create_connector", "connectors/b"),
    ]
    last = listed.audit_entries[0]
    assert (last.name, last.caller, last.outcome, last.sequence) == (
        "auditEntries/3",
        "anyone",
        "OK",
        3,
    )
    request = ListAuditEntriesRequest(page_size=2, page_token=listed.next_page_token)
    rest = await audit.ListAuditEntries(request)
    assert [each.name for each in rest.audit_entries] == ["auditEntries/1"]
    assert not rest.next_page_token
    answer = await faces.http.get("/v1/auditEntries", params={"pageSize": 2})
    told = MessageToDict(listed)["auditEntries"]
    assert answer.status_code == 200, answer.text
    written = answer.json()["data"]["auditEntries"]
    both = zip(written, told, strict=True)
    assert [{key: each[key] for key in row} for each, row in both] == told


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("method = create_connector", [2, 1]),
        ("target:connectors/a caller = anyone", [3, 1]),
        ("outcome != OK", []),
        ("time >= 2020-01-01 time < 2021-01-01", []),
        ("time >= 2020-01-01", [3, 2, 1]),
    ],
)
async def test_entries_are_found_by_what_they_say(
    audit: Any, wanted: str, found: list[int]
) -> None:
    listed = await audit.ListAuditEntries(ListAuditEntriesRequest(filter=wanted))
    assert [each.name for each in listed.audit_entries] == [f"auditEntries/{n}" for n in found]


async def test_l14_who_has_noted_the_end_down_sees_that_it_was_written_anew(
    faces: Faces, audit: Any, tmp_path: Path
) -> None:
    noted = await audit.VerifyAudit(VerifyAuditRequest())
    assert (noted.intact, noted.number, len(noted.digest)) == (True, 3, 64)
    known = {"knownNumber": str(noted.number), "knownDigest": noted.digest}
    answer = await faces.http.post("/v1/auditEntries:verify", json=known)
    assert answer.json()["data"]["intact"] is True
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database, database:
        database.execute("update audit set caller = 'somebody else' where number = 2")
    found = await audit.VerifyAudit(VerifyAuditRequest())
    assert (found.intact, list(found.broken_numbers), found.broken_count) == (False, [2], 1)
    answer = await faces.http.post("/v1/auditEntries:verify", json=known)
    assert answer.json()["data"]["brokenNumbers"] == ["2"]


async def test_half_of_what_is_known_is_refused(audit: Any) -> None:
    told = await refusal(audit.VerifyAudit(VerifyAuditRequest(known_number=3)))
    assert told.fields == ["known_number"]
