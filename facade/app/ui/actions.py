"""Actions: which there are, and one of them with all that it takes to call it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from facade.app.ui.form import BEFORE, entries, prompted, tree_of, written
from facade.app.ui.seen import MOST, listed, serving, visible
from facade.app.ui.snippets import Asking, snippets
from facade.app.ui.visit import Visit
from facade.catalog.missing import no_action
from facade.listing.shown import output
from facade.model.access import ANYONE, Permission, Target
from facade.model.action import Action
from facade.model.names import ActionName, VersionName
from facade.model.trial import Trying
from facade.model.version import Connector, Version
from facade.spec.example import PLACEHOLDER
from facade.spec.example import arguments as example_of

INVOKE: Final = Permission.INVOKE
HERE: Final = "actions"


async def show_all(visit: Visit) -> Response:
    """The actions of what serves `live` calls, by what they are called and do."""
    visit.check("ListActions", "connectors/-")
    words = visit.query("q").lower().split()
    found: list[tuple[Connector, Action]] = []
    more = 0
    for connector in visible(visit):
        version = serving(connector)
        if version is not None:
            actions, left = await listed(visit, version, words, MOST - len(found))
            found += [(connector, each) for each in actions]
            more += left
    known = {"found": found, "more": more, "q": visit.query("q")}
    if visit.is_part:
        return visit.part("parts/actions", known)
    return visit.page("actions", known, title="Actions", here=HERE)


async def show(visit: Visit) -> Response:
    """One action: its arguments as a form, and ways to call it."""
    name = named(visit)
    visit.check("GetAction", str(name))
    version, action = await resolved(visit, name)
    trying = Trying(name=ActionName(name.connector, name.version, action.id, name.tenant))
    trials = visit.house.parts.trials
    last = await trials.last(trying, visit.identity)
    asked = await trials.last(replace(trying, arguments=last.arguments), visit.identity)
    known = {
        **about(visit, name, version, action),
        "entries": entries(action, examples_of(action, last.arguments)),
        "last": last,
        "prompts": prompted(asked.prompts, {}),
        "learn": False,
        "tried": None,
    }
    return visit.page("action", known, title=action.id, here=HERE)


def about(
    visit: Visit,
    name: ActionName,
    version: Version,
    action: Action,
    arguments: str = "",
    connection: str = "",
) -> dict[str, Any]:
    """What is said of an action, whatever is done with it; `arguments`: JSON, for the snippets."""
    answers = output(action)
    given = arguments or written(example_of(action.input_schema))
    asking = Asking(
        name=name,
        arguments=given,
        connection=connection,
        origin=visit.house.settings.public_url or str(visit.request.base_url).rstrip("/"),
        is_open=visit.identity is ANYONE,
    )
    return {
        "action": action,
        "version": version,
        "name": name,
        "output": written(answers) if isinstance(answers, Mapping) else "",
        "input": written(action.input_schema),
        "may_invoke": visit.may(INVOKE, Target(connector=name.connector, action=action.id)),
        "connections": connections_of(visit, name.connector),
        "connection": connection,
        "snippets": snippets(asking, visit.house.settings),
    }


def examples_of(action: Action, last: str) -> dict[str, str]:
    """What stands in the fields of an action at first: what was given last, or examples."""
    values = tree_of(last) if last else example_of(action.input_schema)
    known = {name: value for name, value in values.items() if value != PLACEHOLDER}
    return {f"{BEFORE}{name}": written(value) for name, value in known.items()}


def named(visit: Visit) -> ActionName:
    """The action that the path names."""
    return ActionName(
        visit.path("connector"), visit.path("version"), visit.path("action"), visit.tenant
    )


async def resolved(visit: Visit, name: ActionName) -> tuple[Version, Action]:
    """The version that most calls of it go to, and the action; raises ActionNotFound."""
    catalog = visit.house.parts.catalog
    version = catalog.snapshot.likely(VersionName(name.connector, name.version, name.tenant))
    spec = await catalog.spec(version)
    try:
        return version, spec.action(name.action)
    except KeyError:
        raise no_action(name, spec.suggest(name.action)) from None


def connections_of(visit: Visit, connector: str) -> list[str]:
    """The ids of the connections through which the caller may call."""
    return [
        each.name.connection
        for each in visit.house.parts.connections.all(visit.tenant)
        if each.connector == connector
        and visit.may(INVOKE, Target(connector=connector, connection=each.name.connection))
    ]
