"""Documentation of an integration, as facts of its resources: what the pages are filled with."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from facade.errors.kinds import KINDS
from facade.spec.example import arguments
from gateway.cli.example import typed
from gateway.cli.names import short
from gateway.cli.output import plain, visible
from gateway.v1.action_pb2 import Action
from gateway.v1.version_pb2 import Connector, ConnectorVersion

ERRORS: Final = (
    ("401", "BACKEND_AUTH_FAILED"),
    ("403", "BACKEND_FORBIDDEN"),
    ("404", "BACKEND_NOT_FOUND"),
    ("409", "BACKEND_CONFLICT"),
    ("429", "BACKEND_RATE_LIMITED"),
    ("500", "BACKEND_ERROR"),
    ("503", "BACKEND_UNAVAILABLE"),
    ("Timeout", "BACKEND_TIMEOUT"),
    ("No connection", "BACKEND_UNREACHABLE"),
    ("Too many calls", "QUOTA_EXCEEDED"),
    ("Wrong arguments", "INVALID_PARAMETERS"),
)
"""What people meet, and under which reason it stands in the table of errors (I-5)."""

SHOWN: Final = 20
"""Problems of a document that a page tells."""
EXAMPLES: Final = 5


def facts_of(
    connector: Connector, version: ConnectorVersion, actions: Iterable[Action], server: str
) -> Mapping[str, Any]:
    """What the page of a connector says."""
    callable_ = [each for each in actions if each.callable]
    owner = short(connector.name)
    return {
        "title": cell(connector.title or owner),
        "plain_title": " ".join(visible(connector.title or owner).split()),
        "description": visible(connector.description),
        "name": short(version.name),
        "notes": cell(version.notes),
        "connector": owner,
        "server": server,
        "servers": _servers(version),
        "facade": version.indirect.facade_uri,
        "actions": [_action(each) for each in callable_],
        "credentials": [_credential(each) for each in version.credentials],
        "variables": [_variable(each) for each in version.backend_variables],
        "example_variables": _values(version),
        "limits": list(_limits(plain(version.policy))),
        "problems": [cell(each.message) for each in version.problems[:SHOWN]],
        "errors": errors(),
        "examples": [_example(each, owner) for each in _simplest(callable_)],
    }


def errors(rows: Iterable[tuple[str, str]] = ERRORS) -> list[Mapping[str, str]]:
    """What goes wrong, why, and what helps: of the one table."""
    return [
        {"said": said, "reason": reason, "cause": kind.cause, "remedy": kind.remedy}
        for said, reason in rows
        for kind in (KINDS[reason],)
    ]


def cell(text: str) -> str:
    """Text within a table or a line of Markdown: nothing of it is a mark."""
    line = " ".join(visible(text).split())
    return line.replace("\\", "\\\\").replace("|", "\\|").replace("`", "\\`")


def _servers(version: ConnectorVersion) -> str:
    addresses = (version.direct.base_uri, *version.direct.more_base_uris)
    return ", ".join(f"<{each}>" for each in addresses if each) or "the servers of its document"


def _action(action: Action) -> Mapping[str, str]:
    traits = ("safe", action.safe), ("deprecated", action.deprecated)
    return {
        "id": short(action.name).rpartition("/")[2],
        "request": f"`{action.method} {cell(action.path)}`",
        "title": cell(action.title or action.description.partition("\n")[0]),
        "traits": ", ".join(word for word, holds in traits if holds),
    }


def _credential(credential: Any) -> Mapping[str, str]:
    kind = credential.WhichOneof("kind") or "none"
    return {"scheme": credential.scheme, "kind": kind.replace("_", " ")}


def _variable(variable: Any) -> Mapping[str, str]:
    value = "a secret" if variable.secret else f"`{cell(variable.value)}`"
    choices = f" One of {', '.join(map(cell, variable.choices))}." if variable.choices else ""
    return {
        "key": variable.key,
        "needed": "yes" if variable.required else "no",
        "value": value if variable.value or variable.secret else "",
        "about": cell(variable.title) + choices,
    }


def _values(version: ConnectorVersion) -> str:
    needed = [each.key for each in version.backend_variables if each.required]
    return " ".join(f"--variable {each}=…" for each in needed)


def _limits(policy: Mapping[str, Any]) -> Iterable[str]:
    """What its policy bounds, in a sentence each."""
    yield f"A call takes {policy.get('timeout', '10s')} at most."
    attempts = policy.get("retry", {}).get("max_attempts")
    if attempts:
        yield f"A call that may be repeated is tried {attempts} times at most."
    for each in policy.get("limits", ()):
        period = each.get("period", "1s")
        yield f"{each.get('calls', each.get('rate', '?'))} calls in {period}, and no more."
    statuses = policy.get("success_statuses")
    if statuses:
        yield f"Statuses of success: {', '.join(map(str, statuses))}."
    yield "Requests and answers have 10 MiB at most; larger ones go in pieces (`StreamAction`)."


def _simplest(actions: Iterable[Action]) -> list[Action]:
    """Safe ones first, those that need least before others."""
    return sorted(actions, key=lambda each: (not each.safe, _needs(each)))[:EXAMPLES]


def _needs(action: Action) -> int:
    """How many arguments it cannot be without."""
    return sum(each.required for each in action.parameters)


def _example(action: Action, owner: str) -> Mapping[str, str]:
    values = arguments(plain(action.input_schema))
    request = {"name": action.name, "parameters": values}
    said = json.dumps(request, ensure_ascii=False).replace("'", "'\\''")
    name = short(action.name).rpartition("/")[2]
    return {
        "title": cell(action.title or name),
        "portico": f"{owner}/{name}{typed(values)}",
        "grpcurl": said,
    }
