"""The transition table, row by row, and what a change set comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from facade.catalog.changes import Document, Edit, apply, fold
from facade.catalog.promotion import Standing
from facade.catalog.request import check_changes, field_of
from facade.catalog.transitions import ABSENT, TRANSITIONS, Event
from facade.catalog.verdicts import Verdicts
from facade.errors.caller import (
    CallerFault,
    ConnectorNotFound,
    EtagMismatch,
    HasChildren,
    InvalidRequest,
    InvalidSpec,
    VersionExists,
    VersionImmutable,
    VersionNotFound,
)
from facade.errors.fault import Fault, Violation
from facade.model.action import Problem
from facade.model.change import Change, Create, Delete, Deprecate, Draft, Promote, Update
from facade.model.difference import Difference
from facade.model.names import ConnectorName, VersionName
from facade.model.policy import ActionPolicy, Policy
from facade.model.version import Connector, Destination, State, Version

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PETS = ConnectorName("pets")
DRAFT = Draft(spec_text="openapi: 3.0.3")
ERROR = Problem(code="dangling-ref", message="leads to nothing", pointer="/paths", line=7)


def named(key: str) -> VersionName:
    return VersionName("pets", key)


def version(key: str, state: State = State.READY, percent: int = 0) -> Version:
    return Version(
        name=named(key),
        spec_digest="d",
        state=state,
        traffic_percent=percent,
        etag=f"etag-{key}",
        create_time=NOW,
        update_time=NOW,
    )


def connector(*versions: Version) -> Connector:
    held = {each.name.version: each for each in versions}
    return Connector(name=PETS, create_time=NOW, update_time=NOW, versions=held)


def edits(changes: list[Change], *problems: Problem, now: datetime = NOW) -> list[Edit]:
    document = Document(digest="new", actions=("a", "b", "addPet"), problems=problems)
    return [
        Edit(
            parent=PETS,
            now=now,
            standing=Standing(verdicts=Verdicts({("d", "new"): Difference()})),
            field=field_of(each, number),
            document=document,
        )
        for number, each in enumerate(changes)
    ]


def after(before: Connector | None, *changes: Change) -> Connector:
    return fold(before, changes, edits(list(changes))).connector


def shares(of: Connector) -> dict[str, int]:
    return {each.name.version: each.traffic_percent for each in of.live}


CHANGES: dict[Event, Change] = {
    Event.CREATE: Create(version_id="v1", draft=DRAFT),
    Event.UPDATE: Update(name=named("v1"), draft=Draft(notes="n"), paths=("notes",)),
    Event.PROMOTE: Promote(name=named("v1")),
    Event.DEPRECATE: Deprecate(name=named("v1")),
    Event.RESTORE: Deprecate(name=named("v1"), undo=True),
    Event.DELETE: Delete(name=named("v1")),
    Event.FORCE_DELETE: Delete(name=named("v1"), force=True),
}
STARTS: dict[State | None, Connector] = {
    ABSENT: connector(version("other", State.ACTIVE, 100)),
    State.READY: connector(version("v1"), version("other", State.ACTIVE, 100)),
    State.ACTIVE: connector(version("v1", State.ACTIVE, 100)),
    State.DEPRECATED: connector(version("v1", State.DEPRECATED), version("o", State.ACTIVE, 100)),
}


def test_the_table_has_every_event_in_every_state() -> None:
    assert set(TRANSITIONS) == set(Event)
    assert all(set(row) == {ABSENT, *State} for row in TRANSITIONS.values())


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("state", [ABSENT, *State])
def test_each_event_leads_where_the_table_says(event: Event, state: State | None) -> None:
    verdict = TRANSITIONS[event][state]
    change = CHANGES[event]
    edit = edits([change])[0]
    if isinstance(verdict, type) and issubclass(verdict, CallerFault):
        with pytest.raises(verdict) as caught:
            apply(STARTS[state], change, edit)
        assert caught.value.details.resource is not None
        assert caught.value.details.resource.name == "connectors/pets/versions/v1"
    else:
        led = apply(STARTS[state], change, edit).versions.get("v1")
        assert (led.state if led else None) == verdict


def test_the_first_create_of_an_unknown_connector_creates_it() -> None:
    made = after(None, Create(version_id="v1", draft=DRAFT))
    assert (made.name, list(made.versions), made.live) == (PETS, ["v1"], ())
    assert made.versions["v1"].spec_digest == "new"
    assert made.versions["v1"].action_count == 3


def test_any_other_change_of_an_unknown_connector_is_refused() -> None:
    with pytest.raises(ConnectorNotFound):
        after(None, Promote(name=named("v1")))


def test_a_version_promoted_alone_gets_all_calls_whatever_share_was_asked_for() -> None:
    made = after(connector(version("v1")), Promote(name=named("v1"), percent=10))
    assert shares(made) == {"v1": 100}


def test_a_share_is_taken_from_the_others_in_proportion() -> None:
    start = connector(
        version("v1", State.ACTIVE, 60), version("v2", State.ACTIVE, 40), version("v3")
    )
    assert shares(after(start, Promote(name=named("v3"), percent=10))) == {
        "v1": 54,
        "v2": 36,
        "v3": 10,
    }


def test_a_whole_promotion_makes_the_others_ready() -> None:
    start = connector(version("v1", State.ACTIVE, 60), version("v2", State.ACTIVE, 40))
    made = after(start, Promote(name=named("v2")))
    assert shares(made) == {"v2": 100}
    assert made.versions["v1"].state is State.READY


def test_a_share_that_rounds_to_nothing_makes_a_version_ready() -> None:
    start = connector(
        version("v1", State.ACTIVE, 98), version("v2", State.ACTIVE, 2), version("v3")
    )
    made = after(start, Promote(name=named("v3"), percent=99))
    assert shares(made) == {"v1": 1, "v3": 99}
    assert made.versions["v2"].state is State.READY


def test_a_deprecated_version_may_be_promoted_back() -> None:
    start = connector(version("v1", State.DEPRECATED), version("v2", State.ACTIVE, 100))
    assert shares(after(start, Promote(name=named("v1")))) == {"v1": 100}


def test_what_a_forced_delete_frees_goes_to_the_others() -> None:
    start = connector(
        version("v1", State.ACTIVE, 50),
        version("v2", State.ACTIVE, 30),
        version("v3", State.ACTIVE, 20),
    )
    made = after(start, Delete(name=named("v1"), force=True))
    assert shares(made) == {"v2": 60, "v3": 40}


def test_a_forced_delete_of_the_only_live_version_leaves_none_live() -> None:
    start = connector(version("v1", State.ACTIVE, 100), version("v2"))
    assert after(start, Delete(name=named("v1"), force=True)).live == ()


def test_g09_deleting_what_serves_live_calls_is_refused() -> None:
    with pytest.raises(HasChildren) as caught:
        after(connector(version("v1", State.ACTIVE, 100)), Delete(name=named("v1")))
    assert caught.value.details.violations[0].field == "changes[0].delete.name"


def test_a_set_is_applied_in_order_and_answers_each_change() -> None:
    start = connector(version("v1", State.ACTIVE, 100))
    changes: list[Change] = [
        Create(version_id="v2", draft=DRAFT),
        Promote(name=named("v2"), percent=25),
        Update(name=named("v1"), draft=Draft(labels={"a": "b"}), paths=("labels",)),
    ]
    made = fold(start, changes, edits(changes))
    assert [each.name.version for each in made.versions] == ["v2", "v2", "v1"]
    assert [each.traffic_percent for each in made.versions] == [25, 25, 75]
    assert made.versions[0] == made.connector.versions["v2"]


def test_a_fault_names_the_change_that_was_refused() -> None:
    changes: list[Change] = [
        Create(version_id="v2", draft=DRAFT),
        Promote(name=named("v2")),
        Create(version_id="v1", draft=DRAFT),
    ]
    with pytest.raises(VersionExists) as caught:
        fold(connector(version("v1")), changes, edits(changes))
    assert caught.value.details.violations[0].field == "changes[2].create.version_id"


def test_a_version_may_be_replaced_in_one_set() -> None:
    start = connector(version("v1", State.ACTIVE, 100), version("v2"))
    changes: list[Change] = [
        Delete(name=named("v1"), force=True),
        Create(version_id="v1", draft=DRAFT),
        Promote(name=named("v1")),
    ]
    made = fold(start, changes, edits(changes))
    assert list(made.connector.versions) == ["v2", "v1"]
    assert [each.spec_digest for each in made.versions] == ["d", "new", "new"]
    assert shares(made.connector) == {"v1": 100}


def test_a_version_made_and_deleted_in_one_set_is_answered_as_it_last_was() -> None:
    changes: list[Change] = [
        Create(version_id="v2", draft=DRAFT),
        Deprecate(name=named("v2")),
        Delete(name=named("v2")),
    ]
    made = fold(connector(version("v1")), changes, edits(changes))
    assert [each.state for each in made.versions] == [State.DEPRECATED] * 3
    assert list(made.connector.versions) == ["v1"]


def test_a_stale_etag_is_refused_and_the_current_one_holds_for_the_whole_set() -> None:
    start = connector(version("v1"))
    fresh = "etag-v1"
    after(start, Deprecate(name=named("v1"), etag=fresh), Promote(name=named("v1"), etag=fresh))
    with pytest.raises(EtagMismatch) as caught:
        after(start, Promote(name=named("v1"), etag="old"))
    assert caught.value.details.violations[0].field == "changes[0].promote.etag"


def test_every_change_renews_the_etags_even_where_the_state_comes_back() -> None:
    start = after(None, Create(version_id="v1", draft=DRAFT), Create(version_id="v2", draft=DRAFT))
    gone = after(start, Deprecate(name=named("v1")))
    back = after(gone, Deprecate(name=named("v1"), undo=True))
    etags = [each.versions["v1"].etag for each in (start, gone, back)]
    assert len(set(etags)) == 3
    assert len({each.etag for each in (start, gone, back)}) == 3
    assert back.versions["v2"] is start.versions["v2"]


def test_a_change_of_nothing_renews_nothing() -> None:
    start = after(None, Create(version_id="v1", draft=DRAFT), Deprecate(name=named("v1")))
    changes: list[Change] = [Deprecate(name=named("v1"))]
    later = edits(changes, now=NOW + timedelta(days=1))
    assert fold(start, changes, later).connector is start


def test_strict_refuses_a_document_with_errors_and_names_each() -> None:
    changes: list[Change] = [Create(version_id="v1", draft=DRAFT, strict=True)]
    with pytest.raises(InvalidSpec) as caught:
        fold(None, changes, edits(changes, ERROR, replace(ERROR, severity="warning")))
    assert [each.field for each in caught.value.details.violations] == ["/paths"]


def test_without_strict_errors_become_the_versions_problems() -> None:
    changes: list[Change] = [Create(version_id="v1", draft=DRAFT)]
    assert fold(None, changes, edits(changes, ERROR)).versions[0].problems == (ERROR,)


@pytest.mark.parametrize(
    ("draft", "paths", "labels", "notes"),
    [
        (Draft(labels={"b": "2"}), ("labels",), {"b": "2"}, "old"),
        (Draft(notes="new"), ("notes",), {"a": "1"}, "new"),
        (Draft(notes="new"), (), {"a": "1"}, "new"),
        (Draft(notes="new"), ("*",), {}, "new"),
        (Draft(), ("labels", "notes"), {}, ""),
        (Draft(), (), {"a": "1"}, "old"),
    ],
)
def test_a_mask_chooses_the_fields(
    draft: Draft, paths: tuple[str, ...], labels: dict[str, str], notes: str
) -> None:
    start = connector(replace(version("v1"), labels={"a": "1"}, notes="old"))
    made = after(start, Update(name=named("v1"), draft=draft, paths=paths)).versions["v1"]
    assert (made.labels, made.notes) == (labels, notes)


@pytest.mark.parametrize(
    ("draft", "paths"),
    [
        (Draft(), ("spec_text",)),
        (Draft(), ("labels", "credentials")),
        (Draft(), ("state",)),
        (Draft(destination=Destination(uri="https://other")), ()),
        (Draft(spec_text="other", notes="n"), ("*",)),
    ],
)
def test_anything_but_labels_and_notes_is_immutable(draft: Draft, paths: tuple[str, ...]) -> None:
    with pytest.raises(VersionImmutable):
        after(connector(version("v1")), Update(name=named("v1"), draft=draft, paths=paths))


def test_a_version_sent_back_whole_and_unchanged_is_taken() -> None:
    destination = Destination(uri="https://pets")
    start = connector(replace(version("v1"), destination=destination))
    sent = Update(name=named("v1"), draft=Draft(destination=destination, notes="n"), paths=())
    assert after(start, sent).versions["v1"].notes == "n"


def test_an_unknown_version_is_not_found_with_what_may_have_been_meant() -> None:
    with pytest.raises(VersionNotFound) as caught:
        after(connector(version("v10"), version("v2")), Promote(name=named("v11")))
    assert caught.value.details.resource is not None
    assert caught.value.details.resource.suggestions[0] == "connectors/pets/versions/v10"


def test_everything_wrong_with_a_request_is_said_at_once() -> None:
    changes: list[Change] = [
        Create(version_id="live", draft=DRAFT),
        Create(version_id="V1", draft=Draft()),
        Promote(name=VersionName("other", "v1"), percent=101),
        Deprecate(name=named("live")),
        Update(name=named("v1"), draft=Draft(), paths=("colour",)),
    ]
    with pytest.raises(InvalidRequest) as caught:
        check_changes(PETS, changes)
    assert [each.field for each in caught.value.details.violations] == [
        "changes[0].create.version_id",
        "changes[1].create.version_id",
        "changes[1].create.version.spec_text",
        "changes[2].promote.name",
        "changes[2].promote.traffic_percent",
        "changes[3].deprecate.name",
        "changes[4].update.update_mask",
    ]


@pytest.mark.parametrize("count", [0, 101])
def test_a_set_has_one_to_a_hundred_changes(count: int) -> None:
    with pytest.raises(Fault, match="from 1 to 100"):
        check_changes(PETS, [Deprecate(name=named("v1"))] * count)


def test_a_policy_for_an_action_that_is_not_there_is_refused_by_name() -> None:
    policy = Policy(actions={"addPet": ActionPolicy(cost=2), "adPet": ActionPolicy(cost=3)})
    change = Create(version_id="v1", draft=Draft(spec_text="openapi: 3.0.3", policy=policy))
    with pytest.raises(InvalidRequest) as caught:
        after(None, change)
    assert caught.value.details.violations == (
        Violation(
            field="changes[0].create.version.policy.actions[adPet]",
            description="no action of the document; did you mean `addPet`?",
        ),
    )


def test_g09_a_version_that_a_connection_names_goes_by_force_alone() -> None:
    start = connector(version("v1", State.ACTIVE, 100), version("v2"))
    gentle: list[Change] = [Delete(name=named("v2"))]
    pinned = [replace(each, pinned={"v2": ("eu", "asia")}) for each in edits(gentle)]
    with pytest.raises(HasChildren, match="asia, eu"):
        fold(start, gentle, pinned)
    force: list[Change] = [Delete(name=named("v2"), force=True)]
    assert list(fold(start, force, pinned).connector.versions) == ["v1"]
