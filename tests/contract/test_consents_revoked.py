"""What somebody consented to ends at the authorization server when it is deleted (RFC 7009)."""

import logging
from pathlib import Path
from typing import Any

import pytest

from facade.connections.revoking import PATIENCE, Revoking
from facade.errors.caller import HasChildren
from facade.errors.connections import ConnectionNotFound, SubjectNotFound
from facade.errors.fault import Fault
from facade.errors.service import RemovalFailed
from facade.model.connection import ConnectionState, EndUsers, SubjectState
from facade.model.names import ConnectionName, SubjectName
from tests.authorization_servers import SECRET
from tests.consents import HOMES, Homes, by_code, homes, the_document

ALICE = SubjectName("homes", "alice")


async def alice(home: Homes) -> str:
    """Has Alice consent; her refresh token."""
    await home.subject("alice")
    assert (await home.consent(ALICE))[0] == 200
    return home.authority.given[-1].refresh_token


async def test_a_deleted_subjects_consent_ends_at_the_server(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        refresh = await alice(home)
        await home.faces.parts.subjects.delete(ALICE)
        assert home.authority.revoked == [{"token": refresh, "token_type_hint": "refresh_token"}]
        assert home.authority.given[-1].revoked
        with pytest.raises(SubjectNotFound):
            await home.faces.parts.subjects.get(ALICE)


async def test_the_subject_stays_until_a_server_that_is_down_has_been_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with homes(tmp_path) as home:
        refresh = await alice(home)
        home.authority.down = True
        with pytest.raises(RemovalFailed):
            await home.faces.parts.subjects.delete(ALICE)
        found = await home.faces.parts.subjects.get(ALICE)
        assert found.state is SubjectState.DELETING
        assert found.consents
        home.authority.down = False
        await home.faces.parts.subjects.resume()
        assert [each["token"] for each in home.authority.revoked] == [refresh]
        with pytest.raises(SubjectNotFound):
            await home.faces.parts.subjects.get(ALICE)
        assert refresh not in caplog.text
        assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("server", "warnings"),
    [({"revokes": False}, 0), ({"refuses": True}, 1)],
    ids=["none", "refuses"],
)
async def test_a_server_that_has_no_such_place_or_will_not_keeps_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, server: dict[str, Any], warnings: int
) -> None:
    async with homes(tmp_path, authority=server) as home:
        await alice(home)
        with caplog.at_level(logging.WARNING, "facade.connections.revoking"):
            await home.faces.parts.subjects.delete(ALICE)
        assert not home.authority.revoked
        assert caplog.text.count("TOKEN_REFUSED") == warnings
        with pytest.raises(SubjectNotFound):
            await home.faces.parts.subjects.get(ALICE)


async def test_a_field_says_where_tokens_are_revoked_if_the_server_does_not(tmp_path: Path) -> None:
    async with homes(tmp_path, authority={"revokes": False}) as home:
        signing = by_code(home.authority, revocation_uri=f"{home.authority.origin}/revoke")
        await home.door.publish_as(
            "v2", "homes", the_document(), home.backend.origin, credentials=[signing]
        )
        refresh = await alice(home)
        await home.faces.parts.subjects.delete(ALICE)
        assert [each["token"] for each in home.authority.revoked] == [refresh]


async def test_an_owners_consent_ends_with_the_connection(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.NEVER) as home:
        connections = home.faces.parts.connections
        assert (await home.consent(HOMES))[0] == 200
        home.authority.down = True
        with pytest.raises(RemovalFailed):
            await connections.delete(HOMES)
        assert connections.get(HOMES).state is ConnectionState.DELETING
        home.authority.down = False
        await home.faces.parts.connections.delete(HOMES)
        assert [each["token"] for each in home.authority.revoked] == [
            home.authority.given[-1].refresh_token
        ]
        with pytest.raises(ConnectionNotFound):
            connections.get(HOMES)


async def test_without_force_nothing_ends_where_a_connection_has_subjects(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.NEVER) as home:
        assert (await home.consent(HOMES))[0] == 200
        await home.subject("alice")
        with pytest.raises(HasChildren):
            await home.faces.parts.connections.delete(HOMES)
        assert home.faces.parts.connections.get(HOMES).state is ConnectionState.ACTIVE
        assert not home.authority.revoked
        await home.faces.parts.connections.delete(HOMES, force=True)
        assert len(home.authority.revoked) == 1


async def test_who_consents_anew_ends_nothing_of_what_comes_of_it(tmp_path: Path) -> None:
    async with homes(tmp_path) as home:
        await alice(home)
        assert (await home.consent(ALICE))[0] == 200
        assert not home.authority.revoked


@pytest.mark.parametrize(
    ("late", "reason"), [(-1.0, "TOKEN_UNAVAILABLE"), (1.0, "")], ids=["before", "after"]
)
async def test_after_a_day_a_server_that_does_not_answer_is_waited_for_no_more(
    tmp_path: Path, late: float, reason: str
) -> None:
    async with homes(tmp_path) as home:
        await alice(home)
        parts = home.faces.parts
        subject = await parts.subjects.get(ALICE)
        consenting: Any = parts.consenting
        now = subject.update_time.timestamp() + PATIENCE + late
        revoking = Revoking(consenting._servers, consenting._consents, lambda: now)
        home.authority.down = True
        told = ""
        try:
            await revoking.remove(parts.connections.get(ConnectionName("homes")), subject)
        except Fault as fault:
            told = fault.reason
        assert told == reason
