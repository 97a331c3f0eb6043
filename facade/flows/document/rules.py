"""What a validation asks, as a flow file writes it (I-4)."""

from typing import Any, Final

from facade.flows.document.form import Form, Member, required
from facade.flows.document.kinds import Number, Text
from facade.flows.document.names import StatusList
from facade.flows.document.node import Node, meant
from facade.flows.document.triggers import CEL, JMESPATH
from facade.model.definition import Rule, RuleKind

TYPES: Final = ("string", "integer", "number", "boolean", "array", "object", "null")
NUMBER: Final = Number()
_SHOWN: Final = 60
"""Characters of an expression in a rule's name."""

STEP_ID: Final = "[a-z][a-z0-9_]{0,62}"
ID_FORM: Final = "must be small letters, digits and `_`, a letter first, 63 at most"


def _make(node: Node, values: dict[str, Any]) -> Rule:
    kind = next(each for each in RuleKind if each.value in values)
    told = values.pop(kind.value)
    name = values.pop("name", "")
    made: dict[str, Any] = {"kind": kind, "message": values.pop("message", ""), "place": node.place}
    if kind is RuleKind.STATUS:
        if not told:
            raise node.child("status").refuse("must hold at least one status")
        made |= {"statuses": told, "of": values.pop("of", "")}
    elif kind is RuleKind.THAT:
        made["condition"] = told
    else:
        made["value"] = told
    if kind is RuleKind.TYPE:
        made["type"] = _type(node.child("is"), values.pop("is"))
    if kind is RuleKind.RANGE:
        made |= _range(node, values)
    rule = Rule(name="", **made)
    return Rule(name=name or name_of(rule), **made)


def _type(node: Node, word: str) -> str:
    if word not in TYPES:
        raise node.refuse(f"must be one of {', '.join(TYPES)}{meant(word, TYPES)}")
    return word


def _range(node: Node, values: dict[str, Any]) -> dict[str, float]:
    if not values:
        raise node.refuse("a range needs `least`, `most` or both")
    if len(values) > 1 and values["least"] > values["most"]:
        raise node.child("most").refuse(f"is less than `least`, {values['least']}")
    return values


def name_of(rule: Rule) -> str:
    """What a rule is called that has no name: what it asks."""
    told = rule.value or rule.condition
    shown = told.text[:_SHOWN] if told else ""
    if rule.kind is RuleKind.STATUS:
        return f"status {','.join(map(str, rule.statuses))}"
    if rule.kind is RuleKind.TYPE:
        return f"type {shown} {rule.type}"
    if rule.kind is RuleKind.RANGE:
        bounds = (rule.least, rule.most)
        low, high = ("" if each is None else str(NUMBER.write(each)) for each in bounds)
        return f"range {shown} {low}..{high}"
    return f"{rule.kind} {shown}"


def _take(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {
        "message": rule.message,
        "name": None if rule.name == name_of(rule) else rule.name,
    }
    if rule.kind is RuleKind.STATUS:
        return found | {"status": rule.statuses, "of": rule.of}
    if rule.kind is RuleKind.THAT:
        return found | {"that": rule.condition}
    found[rule.kind.value] = rule.value
    if rule.kind is RuleKind.TYPE:
        return found | {"is": rule.type}
    return found | {"least": rule.least, "most": rule.most}


RULE: Final = Form(
    name="Rule",
    about="One thing that must hold: one of these.",
    members={
        "name": Member(Text(least=1), "What it is called where it fails.", None),
        "message": Member(Text(most=1000), "What is said where it fails.", ""),
    },
    variants={
        "required": {"required": required(JMESPATH, "What must be there, and not null.")},
        "type": {
            "type": required(JMESPATH, "What must be of a type."),
            "is": required(Text(least=1, literal=True), f"One of {', '.join(TYPES)}."),
        },
        "range": {
            "range": required(JMESPATH, "What must be a number between bounds."),
            "least": Member(NUMBER, "The least that it may be."),
            "most": Member(NUMBER, "The most that it may be."),
        },
        "status": {
            "status": required(StatusList(), "Statuses of HTTP, one of which must be there."),
            "of": Member(
                Text(least=1, pattern=STEP_ID, form=ID_FORM),
                "The step whose status it is; absent: the last that called an action.",
                "",
            ),
        },
        "that": {"that": required(CEL, "A condition that must be true.")},
    },
    make=_make,
    take=_take,
)
