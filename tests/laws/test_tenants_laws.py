"""The law of tenants: whatever others do meanwhile, each has what it would have alone."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from facade.catalog.catalog import Catalog
from facade.errors.caller import CallerFault
from facade.model.access import Identity
from facade.model.change import (
    Change,
    Create,
    Delete,
    Deprecate,
    Draft,
    Promote,
    Rollback,
    Update,
    of_tenant,
)
from facade.model.names import ConnectorName, VersionName
from facade.stores.ledger import open_ledger
from facade.stores.sqlite import memory
from tests.catalogs import no_fetch, read
from tests.ledgers import fill

TEXTS = [f"openapi: 3.0.3\ninfo: {{title: {letter}}}\npaths: {{}}\n" for letter in "ab"]
KEYS = st.sampled_from(["v1", "v2", "v3"])
CONNECTORS = st.sampled_from(["pets", "toys"])
NAMES = st.builds(VersionName, CONNECTORS, KEYS)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Create, version_id=KEYS, draft=st.builds(Draft, spec_text=st.sampled_from(TEXTS))),
    st.builds(Update, name=NAMES, draft=st.builds(Draft, notes=st.just("n")), paths=st.just(())),
    st.builds(Promote, name=NAMES, percent=st.integers(1, 100)),
    st.builds(Deprecate, name=NAMES, undo=st.booleans()),
    st.builds(Delete, name=NAMES, force=st.booleans()),
    st.builds(Rollback, to=st.none()),
)
REQUEST_IDS = st.sampled_from(["", f"{1:032x}", f"{2:032x}"])
Step: TypeAlias = tuple[str, str, Sequence[Change], str]
"""Which tenant changes which connector how, as which request."""
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["", "shop", "bank"]),
        CONNECTORS,
        st.lists(CHANGES, min_size=1, max_size=3),
        REQUEST_IDS,
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=7, deadline=None)
@given(STEPS)
def test_i01_each_tenant_sees_what_it_would_see_alone(steps: list[Step]) -> None:
    together = asyncio.run(lived(steps))
    for tenant in {each[0] for each in steps}:
        alone = asyncio.run(lived([each for each in steps if each[0] == tenant]))
        assert seen(together, tenant) == seen(alone, tenant)


Life: TypeAlias = tuple[Catalog, Catalog, list[tuple[str, object]]]
"""Who wrote, who has read it from the ledger, and what each tenant was answered."""


async def lived(steps: list[Step]) -> Life:
    """What comes of steps; each tenant's time goes by its own steps alone."""
    answered: list[tuple[str, object]] = []
    clocks = {tenant: itertools.count(1_800_000_000) for tenant in ("", "shop", "bank")}
    now = [0]
    with memory() as url:
        fill(url)
        ledger = await open_ledger(url)
        writer = Catalog(ledger, read, no_fetch, clock=lambda: now[0])
        for tenant, connector, changes, request_id in steps:
            now[0] = next(clocks[tenant])
            answered.append((tenant, await made(writer, tenant, connector, changes, request_id)))
        reader = Catalog(ledger, read, no_fetch)
        await reader.refresh()
        await ledger.close()
    return writer, reader, answered


async def made(
    catalog: Catalog, tenant: str, connector: str, changes: Sequence[Change], request_id: str
) -> object:
    """What a change set is answered, or why it is refused."""
    try:
        return await catalog.manage(
            ConnectorName(connector, tenant),
            of_tenant(changes, tenant),
            by=Identity(tenant=tenant, name="editor"),
            request_id=request_id,
        )
    except CallerFault as fault:
        return fault.reason, fault.message, fault.details


def seen(life: Life, tenant: str) -> object:
    """All that one tenant learns."""
    writer, reader, answered = life
    held = writer.connectors(tenant)
    assert reader.connectors(tenant) == held
    return held, [each for whose, each in answered if whose == tenant]
