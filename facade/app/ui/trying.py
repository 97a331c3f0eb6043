"""Trying: an action is called once, and its answer shown."""

from dataclasses import replace
from http import HTTPStatus

from starlette.responses import Response

from facade.app.ui.actions import HERE, about, named, resolved
from facade.app.ui.door import told
from facade.app.ui.form import entries, filled, prompted, values_of
from facade.app.ui.tree import nested
from facade.app.ui.visit import Visit
from facade.model.names import ActionName
from facade.model.trial import Tried, Trying
from facade.telemetry.spans import current


async def run(visit: Visit) -> Response:
    """Calls the action with what was filled in; a failure is part of the answer."""
    name = named(visit)
    connection = visit.form.get("connection", "")
    through = f"connections/{connection}" if connection else ""
    visit.check("ExecuteAction", str(name), through)
    version, action = await resolved(visit, name)
    fields = entries(action, visit.form)
    arguments = filled(fields)
    trying = Trying(
        name=ActionName(name.connector, name.version, action.id, name.tenant),
        connection=through,
        arguments=arguments,
        learn=visit.form.get("learn") == "yes",
    )
    trials = visit.house.parts.trials
    prompts = (await trials.last(trying, visit.identity)).prompts
    trying = replace(trying, values=values_of(prompts, visit.form))
    tried = await trials.run(trying, visit.identity)
    known = {
        **about(visit, name, version, action, arguments, connection),
        "entries": fields,
        "last": None,
        "prompts": prompted(prompts, visit.form),
        "learn": trying.learn,
        "tried": tried,
        "tree": nested(tried.nodes),
        "fault": told(tried.fault) if tried.fault is not None else None,
        "phrase": _phrase(tried),
        "trace_id": current().trace_id,
    }
    if visit.is_part:
        return visit.part("parts/tried", known)
    return visit.page("action", known, title=action.id, here=HERE)


def _phrase(tried: Tried) -> str:
    """What the status is called; empty where nobody has said so."""
    return HTTPStatus(tried.status).phrase if tried.status in list(HTTPStatus) else ""
