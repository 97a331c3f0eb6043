"""Differences of versions, by field; only ever written."""

from facade.app.api.form.form import Field, Form, Listed, Mapped
from facade.app.api.form.scalar import NAME, TEXT, WHOLE, choice
from facade.model.difference import Verdict

VERDICT = choice("VERDICT", Verdict)

PLACE = Form(
    "DifferencePlace",
    "Where something stands in a version.",
    (
        Field("pointer", TEXT, "A JSON pointer into the document."),
        Field("line", WHOLE, "The line, from 1; 0 where it is not known."),
        Field("column", WHOLE, "The column, from 1; 0 where it is not known."),
        Field(
            "field",
            TEXT,
            "A field of the version, where it is not the document that differs: for example "
            "`backend_variables[region]`.",
        ),
    ),
)

FINDING = Form(
    "DifferenceFinding",
    "One thing that differs.",
    (
        Field(
            "rule",
            TEXT,
            "A stable word for the kind of difference, for example `operation-removed`.",
        ),
        Field("verdict", VERDICT, "How far it touches callers."),
        Field("message", TEXT, "One sentence."),
        Field("action", TEXT, "The id of the action; empty where it is of no single one."),
        Field(
            "old_place",
            PLACE,
            "Where it stands in the version of before; unset where that has nothing of the kind.",
            own="old",
        ),
        Field("new_place", PLACE, "Where it stands in the new version.", own="new"),
    ),
)

DIFFERENCE = Form(
    "Difference",
    "What a version changes for those who call another.",
    (
        Field("verdict", VERDICT, "The worst of all findings.", own="difference.verdict"),
        Field(
            "against",
            NAME,
            "The version that it was compared with: the one with the largest share of `live` "
            "calls at that time.",
        ),
        Field(
            "actions",
            Mapped(VERDICT),
            "The verdicts of the actions that differ, by id; the others are the same.",
            own="difference.actions",
        ),
        Field(
            "findings",
            Listed(FINDING),
            "What differs, the worst first; at most 1,000 of them. Lists have none of them, and "
            "answers to changes no more than 20.",
            own="difference.findings",
        ),
        Field(
            "omitted_findings",
            WHOLE,
            "How many findings there are beside these.",
            own="difference.omitted",
        ),
        Field(
            "step",
            TEXT,
            "Which part of the version grows: `major`, `minor` or `patch`; empty where nothing "
            "differs.",
            own="difference.step",
        ),
        Field(
            "suggested_version",
            TEXT,
            "What the document's own version should be then; empty where the old one says no "
            "number that can grow.",
            own="difference.suggested",
        ),
        Field(
            "suggested_version_id",
            TEXT,
            "The id that the version should have then; empty where the old one's is no number.",
            own="suggested_id",
        ),
    ),
)
