"""The JSON Schema of a flow file, for editors: what can be said of it without reading it."""

from typing import Any, Final

from facade.flows.document.calls import CALL
from facade.flows.document.definition import BOUNDS, FLOW
from facade.flows.document.form import Form
from facade.flows.document.rules import RULE
from facade.flows.document.steps import BRANCH, ENDING, RETRY, STEP
from facade.flows.document.triggers import KINDS, TRIGGER
from facade.flows.document.works import NOTIFY, UNTIL, WORK

FORMS: Final[tuple[Form, ...]] = (
    FLOW,
    TRIGGER,
    *(form for _, form in KINDS.values()),
    CALL,
    STEP,
    ENDING,
    RETRY,
    WORK,
    UNTIL,
    RULE,
    BRANCH,
    NOTIFY,
    BOUNDS,
)


def schema() -> dict[str, Any]:
    """The schema of a flow file (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Portico flow file",
        "$ref": "#/$defs/Flow",
        "$defs": {name: each for form in FORMS for name, each in form.schemas()},
    }
