"""What the check of a flow knows of a tenant's catalog."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facade.catalog.catalog import Catalog
from facade.expressions.finding import Finding
from facade.flows.checking.called import Called
from facade.flows.checking.check import check
from facade.flows.document.reading import read_definition
from facade.flows.known_actions import KnownActions
from facade.flows.templates import TEMPLATES
from facade.model.access import Identity
from facade.model.action import Location
from facade.model.change import Create, Draft, Promote
from facade.model.definition import (
    ActionCall,
    Place,
    RunFlow,
    Statuses,
)
from facade.model.names import ConnectorName, VersionName
from facade.model.version import Variable
from tests.flow_files import PETSTORE
from tests.gateways import a_catalog

HERE = Place(3, 7)
LIVE = "connectors/petstore/versions/live/actions/"


@pytest.fixture
async def catalog(tmp_path: Path) -> AsyncIterator[Catalog]:
    variable = Variable(name="limit", location=Location.QUERY, value="5")
    text = PETSTORE.read_text(encoding="utf-8")
    name = VersionName("petstore", "v1", "acme")
    async with a_catalog(tmp_path) as found:
        await found.manage(
            ConnectorName("petstore", "acme"),
            [
                Create(version_id="v1", draft=Draft(spec_text=text)),
                Create(version_id="v2", draft=Draft(spec_text=text, variables=(variable,))),
                Promote(name=name, percent=100),
            ],
            by=Identity(name="test", tenant="acme"),
        )
        yield found


async def test_an_action_has_its_arguments_and_answers(catalog: Catalog) -> None:
    found = KnownActions(catalog, "acme").find(ActionCall(action=LIVE + "getPetById"))
    assert isinstance(found, Called)
    assert found.arguments["required"] == ["petId"]
    output = found.output(Statuses())
    assert set(output.names) == {"id", "name", "status", "tags", "weight"}
    assert set(found.output(Statuses(success=(404,))).names) == {"error"}


async def test_what_a_version_sets_itself_is_bound(catalog: Catalog) -> None:
    name = "connectors/petstore/versions/v2/actions/listPets"
    found = KnownActions(catalog, "acme").find(ActionCall(action=name))
    assert isinstance(found, Called)
    assert found.bound == {"limit"}


@pytest.mark.parametrize(
    ("tenant", "call", "says"),
    [
        ("acme", ActionCall(action=LIVE + "getPetByID", place=HERE), "getPetById"),
        ("other", ActionCall(action=LIVE + "getPetById", place=HERE), "petstore"),
        (
            "acme",
            ActionCall(action=LIVE + "listPets", connection="connections/paris", place=HERE),
            "paris",
        ),
    ],
)
async def test_what_is_not_there_is_a_finding_also_for_another_tenant(
    catalog: Catalog,
    tenant: str,
    call: ActionCall,
    says: str,
) -> None:
    found = KnownActions(catalog, tenant).find(call)
    assert isinstance(found, Finding)
    assert found.place == HERE
    assert says in found.message


async def test_the_templates_fit_a_catalog_that_has_the_pet_store(catalog: Catalog) -> None:
    actions = KnownActions(catalog, "acme")
    for name, template in TEMPLATES.items():
        assert check(read_definition(template.text), actions) == (), name


async def test_other_flows_are_asked_of_who_knows_them(catalog: Catalog) -> None:
    work = RunFlow(flow="flows/b")
    assert KnownActions(catalog, "acme").flow(work) is None
    told = Finding(HERE, "no such flow")
    assert KnownActions(catalog, "acme", lambda _: told).flow(work) is told
