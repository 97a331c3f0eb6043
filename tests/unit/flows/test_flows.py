"""Flows as a resource: versions, publishing, and what they must fit."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from facade.errors.access import CallerForbidden
from facade.errors.caller import EtagMismatch, HasChildren, InvalidRequest
from facade.errors.definitions import DefinitionInvalid
from facade.errors.fault import Fault
from facade.errors.flows import (
    FlowExists,
    FlowNotFound,
    FlowUnfit,
    FlowUnpublished,
    FlowVersionNotFound,
)
from facade.flows import flows
from facade.model.access import Grant, Identity, Role
from facade.model.flow import Flow, FlowName, FlowState, FlowVersionName
from facade.stores.trail import Trail
from tests.flow_store import FLOW, SPEC, WRONG, Store, flow_store

PET = FlowName("pet")


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with flow_store() as opened:
        yield opened


async def test_a_new_flow_is_a_draft_with_one_version_and_the_title_that_its_text_says(
    store: Store,
) -> None:
    made = await store.flows.create(PET, FLOW, {"team": "a"})
    assert (made.state, made.title, made.published) == (FlowState.DRAFT, "One pet", "")
    assert [each.name.version for each in made.versions] == ["v1"]
    assert await store.flows.get(PET) == made
    with pytest.raises(FlowExists):
        await store.flows.create(PET, FLOW)


async def test_what_is_no_definition_is_refused_by_line_and_column(store: Store) -> None:
    with pytest.raises(DefinitionInvalid) as caught:
        await store.flows.create(PET, "steps:\n  - id: Fetch\n    nothing: 1\n")
    assert all(each.field.startswith("line ") for each in caught.value.details.violations)
    with pytest.raises(FlowNotFound):
        await store.flows.get(PET)


async def test_a_repeat_with_its_id_answers_what_the_first_one_made(store: Store) -> None:
    once = str(uuid4())
    made = await store.flows.create(PET, FLOW, request_id=once)
    assert await store.flows.create(PET, FLOW, request_id=once) == made
    with pytest.raises(InvalidRequest, match="request_id"):
        await store.flows.create(FlowName("other"), FLOW, request_id=once)


async def test_another_text_makes_the_next_version_and_the_same_one_none(store: Store) -> None:
    await store.flows.create(PET, FLOW)
    same = await store.flows.update(PET, {"source": FLOW}, ["source"])
    assert same.revision == 1
    changed = await store.flows.update(PET, {"source": WRONG}, ["source"])
    assert [each.name.version for each in changed.versions] == ["v2"]
    assert (await store.flows.version(FlowVersionName("pet", "v1"))).source == FLOW
    with pytest.raises(FlowVersionNotFound):
        await store.flows.version(FlowVersionName("pet", "v3"))


async def test_publishing_refuses_what_does_not_fit_with_line_and_column(store: Store) -> None:
    """Of the issue: a mapping to a field that does not exist refuses the publish."""
    await store.flows.create(PET, WRONG)
    with pytest.raises(FlowUnfit) as caught:
        await store.flows.publish(PET)
    [found] = caught.value.details.violations
    assert found.field == "line 8, column 20"
    assert "nome" in found.description
    assert (await store.flows.get(PET)).state is FlowState.DRAFT


async def test_an_older_version_that_is_published_again_is_the_rollback(store: Store) -> None:
    await store.flows.create(PET, FLOW)
    await store.flows.publish(PET)
    await store.flows.update(PET, {"source": FLOW.replace("One", "Two")}, ["source"])
    second = await store.flows.publish(PET)
    assert (second.published, second.title) == ("v2", "Two pet")
    back = await store.flows.publish(PET, "v1")
    assert (back.published, back.title, back.state) == ("v1", "One pet", FlowState.ACTIVE)
    assert [each.name.version for each in back.versions] == ["v1", "v2"]


async def test_a_version_that_no_longer_fits_is_told_and_fits_again_later(store: Store) -> None:
    await store.flows.create(PET, FLOW)
    await store.flows.publish(PET)
    await store.publish_pets(SPEC.replace("getPet", "readPet"), "v2")
    told = await store.flows.get(PET)
    assert told.state is FlowState.ERROR
    assert "line 4" in told.state_description
    await store.publish_pets(SPEC, "v3")
    assert (await store.flows.get(PET)).state is FlowState.ACTIVE


async def test_publishing_needs_the_right_to_make_every_call_of_the_flow(store: Store) -> None:
    others = Identity(
        name="eve",
        grants=(Grant(role=Role.PUBLISHER), Grant(role=Role.INVOKER, connectors=("shop",))),
    )
    await store.flows.create(PET, FLOW)
    with pytest.raises(CallerForbidden, match="pets"):
        await store.flows.publish(PET, by=others)
    with pytest.raises(CallerForbidden):
        store.flows.allowed(FLOW, others)
    found = await store.flows.check(FLOW, "", others)
    assert [each.place.line for each in found] == [4]
    own = Identity(
        name="adam",
        grants=(Grant(role=Role.PUBLISHER), Grant(role=Role.INVOKER, connectors=("pets",))),
    )
    assert (await store.flows.publish(PET, by=own)).published_by == "adam"


async def test_a_flow_that_runs_one_that_is_not_there_is_not_published(store: Store) -> None:
    text = "steps:\n  - id: other\n    flow: flows/other\n"
    await store.flows.create(PET, text)
    with pytest.raises(FlowUnfit, match="flows/other"):
        await store.flows.publish(PET)
    await store.flows.create(FlowName("other"), FLOW)
    with pytest.raises(FlowUnfit, match="published"):
        await store.flows.publish(PET)
    await store.flows.publish(FlowName("other"))
    assert (await store.flows.publish(PET)).published == "v1"


async def test_a_suspended_flow_stays_so_when_another_version_is_published(store: Store) -> None:
    await store.flows.create(PET, FLOW)
    with pytest.raises(FlowUnpublished):
        await store.flows.suspend(PET)
    await store.flows.publish(PET)
    assert (await store.flows.suspend(PET)).state is FlowState.SUSPENDED
    await store.flows.update(PET, {"source": FLOW + "\n"}, ["source"])
    assert (await store.flows.publish(PET)).state is FlowState.SUSPENDED
    assert (await store.flows.resume(PET)).state is FlowState.ACTIVE


async def test_what_concerns_triggers_is_told_once_and_in_order(store: Store) -> None:
    told: list[tuple[str, str, str]] = []

    async def listen(before: Flow, after: Flow | None) -> None:
        now = after.state.value if after else "gone"
        told.append((before.published, after.published if after else "", now))

    store.flows.listeners.append(listen)
    await store.flows.create(PET, FLOW)
    await store.flows.update(PET, {"labels": {"a": "b"}}, ["labels"])
    await store.flows.publish(PET)
    await store.flows.publish(PET)
    await store.flows.suspend(PET)
    await store.flows.delete(PET)
    assert told == [
        ("", "v1", "ACTIVE"),
        ("v1", "v1", "SUSPENDED"),
        ("v1", "", "gone"),
    ]


async def test_of_many_versions_the_oldest_goes_that_is_not_published(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "MOST", 3)
    await store.flows.create(PET, FLOW)
    await store.flows.publish(PET)
    for number in range(3):
        await store.flows.update(PET, {"source": f"{FLOW}# {number}\n"}, ["source"])
    kept = [each.name.version for each in await store.flows.versions(PET)]
    assert kept == ["v4", "v3", "v1"]


async def test_an_etag_of_before_is_refused(store: Store) -> None:
    made = await store.flows.create(PET, FLOW)
    await store.flows.publish(PET, etag=made.etag)
    with pytest.raises(EtagMismatch):
        await store.flows.publish(PET, etag=made.etag)
    with pytest.raises(EtagMismatch):
        await store.flows.update(PET, {"labels": {}}, ["labels"], made.etag)
    with pytest.raises(EtagMismatch):
        await store.flows.delete(PET, made.etag)


async def test_a_dry_run_changes_nothing(store: Store) -> None:
    assert (await store.flows.create(PET, FLOW, validate_only=True)).title == "One pet"
    with pytest.raises(FlowNotFound):
        await store.flows.get(PET)
    made = await store.flows.create(PET, FLOW)
    published = await store.flows.publish(PET, validate_only=True)
    assert published.state is FlowState.ACTIVE
    assert await store.flows.get(PET) == made


class Running:
    """One run that is under way until somebody ends it."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []

    async def any(self, name: FlowName) -> bool:
        return str(name) not in self.cancelled

    async def cancel(self, name: FlowName, by: Identity) -> None:
        del by
        self.cancelled.append(str(name))


async def test_a_flow_that_runs_is_deleted_by_force_alone(store: Store) -> None:
    store.flows.active_runs = running = Running()
    await store.flows.create(PET, FLOW)
    with pytest.raises(HasChildren):
        await store.flows.delete(PET)
    await store.flows.delete(PET, force=True)
    assert running.cancelled == ["flows/pet"]
    with pytest.raises(FlowNotFound):
        await store.flows.get(PET)


async def test_published_flows_are_read_anew_after_a_change_alone(store: Store) -> None:
    await store.flows.create(PET, FLOW)
    await store.flows.create(FlowName("pet", "shop"), FLOW)
    assert await store.flows.published() == ()
    await store.flows.publish(PET)
    first = await store.flows.published()
    assert [str(each.name) for each in first] == ["flows/pet"]
    assert await store.flows.published() is first


async def test_i9_a_flow_of_another_tenant_is_as_if_it_were_not_there(store: Store) -> None:
    """I-9: tenants never see each other's flows."""
    await store.flows.create(FlowName("pet", "bank"), FLOW)
    refused: list[tuple[str, str]] = []
    for name in (FlowName("pet", "shop"), FlowName("cat", "shop")):
        version = FlowVersionName(name.flow, "v1", "shop")
        for attempt in (
            store.flows.get(name),
            store.flows.version(version),
            store.flows.versions(name),
            store.flows.update(name, {"labels": {}}, ["labels"]),
            store.flows.publish(name),
            store.flows.suspend(name),
            store.flows.delete(name, force=True),
        ):
            with pytest.raises(Fault) as caught:
                await attempt
            refused.append((caught.value.reason, caught.value.message.replace("cat", "pet")))
    assert refused[:7] == refused[7:]
    assert await store.flows.all("shop") == ()
    assert len(await store.flows.all("bank")) == 1


async def test_every_change_is_in_the_audit_with_who_made_it(store: Store) -> None:
    by = Identity(name="ada", grants=(Grant(role=Role.ADMIN),))
    await store.flows.create(PET, FLOW, by=by)
    await store.flows.update(PET, {"source": FLOW + "\n"}, ["source"], by=by)
    await store.flows.publish(PET, "v1", by=by)
    await store.flows.delete(PET, by=by)
    entries = await Trail(store.ledger).page("", None, 4)
    said = [(each.method, each.caller, tuple(each.changes)) for each in reversed(entries)]
    assert said == [
        ("create_flow", "ada", ("version v1",)),
        ("update_flow", "ada", ("source", "version v2")),
        ("publish_flow", "ada", ("version v1",)),
        ("delete_flow", "ada", ()),
    ]
