"""Literals of a definition that look like credentials: those belong among the secrets (I-2).

A text is a finding where it begins like the tokens of well-known issuers, is a private key, or has
a key by which credentials are called and is 8 characters or longer. What is a slot, or a
reference such as `secret:NAME`, is none; nor is a field that `allow_literals` names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from facade.expressions.finding import Finding
from facade.flows.checking.arguments import SLOT
from facade.model.definition import (
    ActionCall,
    BackendWebhook,
    CallAction,
    Choose,
    Definition,
    ForEach,
    Map,
    Notify,
    Place,
    Poll,
    RunFlow,
    Step,
    Work,
)
from facade.model.secret import REFERENCE
from facade.spec.document import escape

SHORTEST: Final = 8
"""Characters of a credential: shorter texts with such a key are words."""

_NAMED: Final = re.compile(
    r"(?:^|[^a-z])(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_ ]?key|access[-_ ]?key"
    r"|private[-_ ]?key|authorization|credentials?|bearer)$",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOKEN: Final = re.compile(
    r"""(?<![A-Za-z0-9])(?:
      (?:Bearer|Basic)\ [A-Za-z0-9+/._~-]{12,}
    | sk[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}
    | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[A-Za-z0-9_-]{16,}
    | xox[abeprs]-[A-Za-z0-9-]{10,} | (?:AKIA|ASIA)[A-Z0-9]{16} | AIza[A-Za-z0-9_-]{30,}
    | whsec_[A-Za-z0-9+/=]{16,} | eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.
    | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A text of a definition, and where it stands."""

    path: str
    """As `allow_literals` names it."""
    key: str
    """The nearest key."""
    text: str
    place: Place


def credentials_in(definition: Definition) -> Iterator[Finding]:
    """The literals that look like credentials."""
    for each in _literals(definition):
        if each.path not in definition.allow_literals and looks_secret(each.key, each.text):
            yield Finding(
                each.place,
                f"`{each.path}` looks like a credential; keep it as a secret of the connection, "
                f"or, if it is none, write `allow_literals: [{each.path}]`",
            )


def looks_secret(key: str, text: str) -> bool:
    """Whether a text is one that nobody else should read, by its key and by itself."""
    if REFERENCE.fullmatch(text):
        return False
    if _TOKEN.search(text):
        return True
    named = _NAMED.search(_CAMEL.sub("_", key))
    return bool(named) and len(text) >= SHORTEST and not SLOT.search(text)


def _literals(definition: Definition) -> Iterator[Literal]:
    for name, text in definition.env.items():
        yield Literal(f"env.{name}", name, text, definition.env_places.get(name, Place()))
    trigger = definition.trigger
    if isinstance(trigger, Poll):
        yield from _called("trigger.call", trigger.call)
    if isinstance(trigger, BackendWebhook):
        yield from _called("trigger.register", trigger.register)
        if trigger.unregister:
            yield from _called("trigger.unregister", trigger.unregister)
    for step in (*definition.steps, *definition.output):
        yield from _of_step(step)


def _of_step(step: Step) -> Iterator[Literal]:
    yield from _of_work(step.id, step.work, step.place)
    if isinstance(step.work, ForEach):
        yield from _of_work(step.id, step.work.work, step.place)
    if isinstance(step.work, Choose):
        for branch in step.work.branches:
            for each in branch.steps:
                yield from _of_step(each)


def _of_work(name: str, work: Work, place: Place) -> Iterator[Literal]:
    if isinstance(work, CallAction):
        yield from _called(name, work.call)
    elif isinstance(work, Notify):
        yield from _texts(f"{name}.content", "", work.content, work.places, place)
    elif isinstance(work, RunFlow):
        yield from _texts(f"{name}.input", "", work.input, work.places, place)
    elif isinstance(work, Map):
        for key, each in work.fields.items():
            yield Literal(f"{name}.map.{key}", key, _quoted(each.text), each.place)
        if work.expression:
            yield Literal(f"{name}.map", "", work.expression.text, work.expression.place)


def _quoted(text: str) -> str:
    """The literal that an expression is; empty where it is none: names of fields are no secrets."""
    alone = re.fullmatch(r"""\s*(?:'([^']*)'|`"([^`]*)"`)\s*""", text)
    return (alone[1] or alone[2] or "") if alone else ""


def _called(name: str, call: ActionCall) -> Iterator[Literal]:
    yield from _texts(f"{name}.arguments", "", call.arguments, call.places, call.place)


def _texts(
    path: str, pointer: str, value: Any, places: Mapping[str, Place], place: Place
) -> Iterator[Literal]:
    if isinstance(value, str):
        key = re.sub(r"\[[0-9]+\]$", "", path).rpartition(".")[2]
        yield Literal(path, key, value, places.get(pointer, place))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(f"{path}.{key}", f"{pointer}/{escape(key)}", each, places, place)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(f"{path}[{index}]", f"{pointer}/{index}", each, places, place)
