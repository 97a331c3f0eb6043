"""Laws of connections: a version with one is the version that was published with its values."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from facade.catalog.connected import connected
from facade.errors.fault import Fault
from facade.model.action import Action, Location, Parameter, Style
from facade.model.call import Call, Plan
from facade.model.connection import Connection
from facade.model.names import ActionName, ConnectionName, VersionName
from facade.model.version import Destination, Variable, Version
from facade.transcode.arguments import argument
from facade.transcode.encode import encode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = (None, Location.HEADER, Location.QUERY, Location.COOKIE)
NAMES = ("a", "b", "x-c", "d")

ACTION = Action(
    id="get",
    method="GET",
    path="/things/{id}",
    pointer="",
    parameters=(
        Parameter(
            key="id",
            name="id",
            location=Location.PATH,
            required=True,
            style=Style.SIMPLE,
            explode=False,
            schema=True,
        ),
    ),
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
templates = st.builds(
    Variable,
    name=st.sampled_from(NAMES),
    location=st.sampled_from(PLACES),
    value=st.none() | texts,
    required=st.booleans(),
)


def planned(version: Version, secrets: dict[str, str]) -> Plan | tuple[str, str]:
    """What a call of a version comes to; its refusal where it comes to none."""
    call = Call(name=ActionName("c", "v1", "get"), arguments={"id": argument("7")}, full_view=False)
    try:
        return encode(version, ACTION, call, secrets)
    except Fault as fault:
        return fault.reason, fault.message


@given(
    st.lists(templates, max_size=4, unique_by=lambda each: each.name),
    st.dictionaries(st.sampled_from(NAMES), texts, max_size=4),
    st.dictionaries(st.sampled_from(NAMES), texts, max_size=4),
)
def test_a_call_through_a_connection_is_that_of_a_version_published_with_its_values(
    variables: list[Variable], values: dict[str, str], secrets: dict[str, str]
) -> None:
    version = Version(
        name=VersionName("c", "v1"),
        spec_digest="",
        create_time=NOW,
        update_time=NOW,
        destination=Destination(uri="https://api.x.org/base/{a}"),
        variables=tuple(variables),
    )
    values = {name: text for name, text in values.items() if name not in secrets}
    references = {name: f"env:{name}" for name in secrets}
    connection = Connection(
        name=ConnectionName("berlin"),
        connector="c",
        variables=values,
        secrets=references,
        create_time=NOW,
        update_time=NOW,
    )
    published = replace(
        version,
        variables=tuple(
            replace(each, value=values[each.name])
            if each.name in values
            else replace(each, value=None, secret=references[each.name])
            if each.name in references
            else each
            for each in variables
        ),
    )
    held = {each.name: secrets[each.name] for each in variables if each.name in secrets}
    through, direct = planned(connected(version, connection), held), planned(published, held)
    if not isinstance(through, Plan) or not isinstance(direct, Plan):
        assert through == direct
        return
    assert (through.uri, through.headers, through.body) == (
        direct.uri,
        direct.headers,
        direct.body,
    )
