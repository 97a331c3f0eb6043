"""Laws of versions: the fold is total, all or none; shares come to 100; commits are read back."""

import asyncio
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from facade.catalog.catalog import Catalog
from facade.catalog.changes import Document, Edit, apply, fold
from facade.catalog.request import field_of
from facade.errors.caller import CallerFault
from facade.model.change import Change, Create, Delete, Deprecate, Draft, Promote, Update
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Connector, State
from facade.spec.examination import Examination, examine
from facade.spec.limits import DEFAULT
from facade.stores.ledger import open_ledger

PETS = ConnectorName("pets")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = [f"openapi: 3.0.3\ninfo: {{title: {letter}}}\npaths: {{}}\n" for letter in "ab"]

KEYS = st.sampled_from(["v1", "v2", "v3", "v4"])
NAMES = KEYS.map(lambda key: VersionName("pets", key))
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(
        Create,
        version_id=KEYS,
        draft=st.builds(Draft, spec_text=st.sampled_from(TEXTS), notes=st.text(max_size=5)),
    ),
    st.builds(
        Update,
        name=NAMES,
        draft=st.builds(Draft, notes=st.text(max_size=5), labels=st.just({"a": "b"})),
        paths=st.sampled_from([(), ("notes",), ("labels",), ("*",)]),
    ),
    st.builds(Promote, name=NAMES, percent=st.integers(1, 100)),
    st.builds(Deprecate, name=NAMES, undo=st.booleans()),
    st.builds(Delete, name=NAMES, force=st.booleans()),
)
SETS = st.lists(CHANGES, min_size=1, max_size=8)


def edits(changes: list[Change]) -> list[Edit]:
    return [
        Edit(parent=PETS, now=NOW, field=field_of(each, number), document=Document(digest="d"))
        for number, each in enumerate(changes)
    ]


def after(before: Connector | None, changes: list[Change]) -> Connector | None:
    """The state after a set; the one before where it is refused."""
    try:
        return fold(before, changes, edits(changes)).connector
    except CallerFault:
        return before


@given(st.lists(SETS, max_size=6), CHANGES)
def test_every_change_of_every_state_leads_to_a_state_or_to_a_callers_fault(
    history: list[list[Change]], change: Change
) -> None:
    state: Connector | None = None
    for changes in history:
        state = after(state, changes)
    with suppress(CallerFault):
        assert apply(state, change, edits([change])[0]).name == PETS


@given(st.lists(SETS, min_size=1, max_size=8))
def test_shares_come_to_a_hundred_or_to_nothing_and_only_active_versions_have_one(
    history: list[list[Change]],
) -> None:
    state: Connector | None = None
    for changes in history:
        state = after(state, changes)
        versions = state.versions.values() if state is not None else []
        shares = [each.traffic_percent for each in versions if each.state is State.ACTIVE]
        assert sum(shares) == (100 if shares else 0)
        assert all(shares)
        assert not any(each.traffic_percent for each in versions if each.state is not State.ACTIVE)


@given(SETS, SETS)
def test_a_set_is_as_its_changes_one_by_one_or_refused_as_a_whole(
    first: list[Change], second: list[Change]
) -> None:
    start = after(None, first)
    single = start
    refused = False
    for change in second:
        try:
            single = fold(single, [change], edits([change])).connector
        except CallerFault:
            refused = True
            break
    whole = after(start, second)
    if refused:
        assert whole is start
    else:
        assert whole is not None
        assert single is not None
        assert bare(whole) == bare(single)


def bare(connector: Connector) -> list[tuple[str, State, int, str, dict[str, str]]]:
    """A connector without its etags, which count the sets."""
    return [
        (key, each.state, each.traffic_percent, each.notes, dict(each.labels))
        for key, each in connector.versions.items()
    ]


def read(text: str) -> Examination:
    return examine(text, DEFAULT)


async def no_fetch(uri: str) -> bytes:
    raise AssertionError(uri)


@settings(max_examples=15, deadline=None)
@given(st.lists(SETS, min_size=1, max_size=5))
def test_every_acknowledged_commit_is_read_back(history: list[list[Change]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(replay(f"sqlite+aiosqlite:///{Path(folder) / 'portico.db'}", history))


async def replay(url: str, history: list[list[Change]]) -> None:
    ledger = await open_ledger(url)
    try:
        writer = Catalog(ledger, read, no_fetch)
        for changes in history:
            try:
                answered = await writer.manage(PETS, changes)
            except CallerFault:
                continue
            reader = Catalog(ledger, read, no_fetch)
            await reader.refresh()
            assert reader.snapshot == writer.snapshot
            for version in answered:
                held = reader.connector(PETS).versions.get(version.name.version)
                assert held == version or held is None or version.name.version in deleted(changes)
            assert list(reader.snapshot.connectors.get(PETS, writer.connector(PETS)).versions) == (
                list(writer.connector(PETS).versions)
            )
    finally:
        await ledger.close()


def deleted(changes: list[Change]) -> set[str]:
    return {each.name.version for each in changes if isinstance(each, Delete)}
