"""Backend variables, by field."""

from typing import Any

from facade.app.api.form.form import Field, Form, Listed, Within, made
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import FLAG, REFERENCE, TEXT, Choice, choice
from facade.model.action import Location
from facade.model.version import Comparison, Condition, Variable, VariableType

SERVER = "server"
"""Where a variable goes that fills the server's URL: no location of a request."""

PLACES = Choice(
    {
        "LOCATION_UNSPECIFIED": Location.HEADER,
        "LOCATION_HEADER": Location.HEADER,
        "LOCATION_QUERY": Location.QUERY,
        "LOCATION_PATH": Location.PATH,
        "LOCATION_BODY": Location.BODY,
        "LOCATION_COOKIE": Location.COOKIE,
        "LOCATION_SERVER": SERVER,
    }
)
"""Where a variable goes."""

OPERATOR = Choice({"OPERATOR_UNSPECIFIED": False, "OPERATOR_AND": False, "OPERATOR_OR": True})
"""Whether one part of a condition is enough."""

COMPARISON = Form(
    "VariableCondition.Comparison",
    "Compares one variable with a text.",
    (
        Field("variable", TEXT, "The variable's key.", required=True),
        Field("value", TEXT, "The text.", own="equals"),
        Field("negated", FLAG, "If set, it holds where the variable has another value, or none."),
    ),
    made(Comparison, variable="", equals=""),
)

CONDITION: Form = Form(
    "VariableCondition",
    "A tree of comparisons over the values of a version's variables.",
    (
        Field("operator", OPERATOR, "How the parts go together.", own="any_of", optional=True),
        Field("comparisons", Listed(COMPARISON), "Comparisons."),
        Field(
            "conditions",
            Listed(Within(lambda: CONDITION)),
            "Conditions within this one; at most 4 deep.",
        ),
    ),
    made(Condition),
)


def _variable(given: dict[str, Any], place: FieldPlace) -> Any:
    if "required" in given and "required_when" in given:
        place.within("required").refuse("give `required` or `required_when`, not both")
    location = given.get("location", Location.HEADER)
    given["location"] = None if location == SERVER else location
    return made(Variable, name="", required=False)(given, place)


VARIABLE = Form(
    "BackendVariable",
    "A value that the backend needs with every call.",
    (
        Field("key", TEXT, "Its name in the HTTP request.", required=True, own="name"),
        Field(
            "location", PLACES, "Where it goes.", get=lambda variable: variable.location or SERVER
        ),
        Field("value", TEXT, "In the open.", oneof="source"),
        Field("secret", REFERENCE, "Where the value is.", oneof="source"),
        Field("required", FLAG, "Whether a call without it is invalid."),
        Field(
            "required_when",
            CONDITION,
            "If set, it is required only where this holds; `required` must not be set then.",
        ),
        Field("type", choice("TYPE", VariableType), "What the text of a value must be."),
        Field("pattern", TEXT, "A regular expression (RE2) that the whole value must match."),
        Field("choices", Listed(TEXT), "The values that it may have; any if unset."),
        Field("title", TEXT, "A line for people."),
        Field(
            "overridable",
            FLAG,
            "Whether the request of a gateway that calls through this facade may give another "
            "value, at the same place.",
        ),
    ),
    _variable,
)
