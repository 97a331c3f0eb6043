"""G-22: whose credentials sign a call, by the rule of its connection."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facade.model.connection import EndUsers
from facade.model.credential import ApiKey, Credential
from facade.model.names import SubjectName
from gateway.v1.credential_pb2 import Credential as Message
from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.policy_pb2 import Policy
from gateway.v1.version_pb2 import BackendVariable
from tests.consents import Homes, homes
from tests.doors import named

OWN: dict[str, Any] = {"connection": "connections/homes"}
ALICE = OWN | {"subject": "connections/homes/subjects/alice"}
BOB = OWN | {"subject": "connections/homes/subjects/bob"}


def a_key(reference: str) -> Credential:
    return Credential(scheme="key", kind=ApiKey(key=reference))


def keyed(reference: str = "env:OWN") -> dict[str, Any]:
    """A version whose calls are signed by a key."""
    key = Message.ApiKey(key_secret=reference)
    return {"credentials": [Message(scheme="key", api_key=key)]}


async def two(home: Homes) -> None:
    """Alice has a key of her own, and Bob none."""
    await home.subject("alice", "a", credentials=(a_key("env:THEIRS"),))
    await home.subject("bob", "b")


@pytest.mark.parametrize(
    ("rule", "signed"),
    [
        (EndUsers.NEVER, ["own-key", "own-key", "own-key"]),
        (EndUsers.FALLBACK, ["own-key", "their-key", "own-key"]),
    ],
)
async def test_g22_the_rule_says_whose_credential_signs(
    tmp_path: Path, rule: EndUsers, signed: list[str]
) -> None:
    async with homes(tmp_path, rule, version=keyed()) as home:
        await two(home)
        for whose in (OWN, ALICE, BOB):
            await home.door.execute("homes/act", **whose)
        assert home.signed() == signed


async def test_g22_where_end_users_must_sign_nobody_else_does(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.REQUIRED, version=keyed()) as home:
        await two(home)
        await home.door.execute("homes/act", **ALICE)
        for whose in (OWN, BOB):
            refusal = await home.door.refused("homes/act", **whose)
            assert refusal.info.reason == "CONNECTION_INCOMPLETE"
            assert [each.field for each in refusal.bad.field_violations] == ["subject"]
        assert home.signed() == ["their-key"]


async def test_g22_a_subject_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.FALLBACK, version=keyed()) as home:
        refusal = await home.door.refused("homes/act", **ALICE)
        assert (refusal.code, refusal.info.reason) == ("NOT_FOUND", "SUBJECT_NOT_FOUND")
        assert not home.backend.requests


async def test_g22_i02_an_answer_for_one_end_user_is_not_shown_to_another(tmp_path: Path) -> None:
    policy = Policy()
    policy.cache.ttl.FromSeconds(60)
    version = keyed() | {"policy": policy}
    async with homes(tmp_path, EndUsers.FALLBACK, version=version) as home:
        await two(home)
        for _ in range(2):
            for whose in (OWN, ALICE, BOB):
                await home.door.execute("homes/act", **whose)
        assert home.signed() == ["own-key", "their-key", "own-key"]


async def test_g22_a_new_credential_of_a_subject_signs_from_then_on(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.FALLBACK, version=keyed()) as home:
        await two(home)
        subjects = home.faces.parts.subjects
        await home.door.execute("homes/act", **ALICE)
        name = SubjectName("homes", "alice")
        bare = replace(await subjects.get(name), credentials=())
        await subjects.update(name, bare, ("credentials",))
        await home.door.execute("homes/act", **ALICE)
        assert home.signed() == ["their-key", "own-key"]


async def test_g22_a_subjects_own_values_stand_in_the_place_of_overridable_variables(
    tmp_path: Path,
) -> None:
    variable = BackendVariable(
        key="home", location=BackendVariable.LOCATION_HEADER, value="h0", overridable=True
    )
    async with homes(
        tmp_path, EndUsers.NEVER, version=keyed() | {"backend_variables": [variable]}
    ) as home:
        await home.subject("alice", "a", variables={"home": "h1"})
        for whose in (OWN, ALICE):
            await home.door.execute("homes/act", **whose)
        assert [b"home: h1" in each.lower() for each in home.backend.requests] == [False, True]


async def test_g22_no_answer_and_no_dry_run_tells_an_end_users_key(tmp_path: Path) -> None:
    async with homes(tmp_path, EndUsers.REQUIRED, version=keyed()) as home:
        await two(home)
        request = ExecuteActionRequest(
            name=named("homes/act"), parameters_json="{}", validate_only=True, **ALICE
        )
        told = await home.door.gateway.ExecuteAction(request)
        assert "their-key" not in str(told)
        assert "***" in str(told)
