"""portico describe: a connector, a version or an action in full."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from facade.spec.example import arguments
from gateway.cli import names
from gateway.cli.command import new_app, one_of
from gateway.cli.example import typed
from gateway.cli.output import Format, Output, facts, plain, show
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1.action_pb2 import Action, Parameter
from gateway.v1.catalog_pb2 import (
    GetActionRequest,
    GetConnectorRequest,
    GetVersionRequest,
    ListVersionUsesRequest,
    VersionUse,
)
from gateway.v1.difference_pb2 import VERDICT_SAFE, Difference, Verdict
from gateway.v1.paging_pb2 import PageKind
from gateway.v1.problem_pb2 import Problem
from gateway.v1.version_pb2 import Connector, ConnectorVersion

app = new_app()

SHOWN = 20
"""So many problems are printed; `-o json` has all."""


class Kind(StrEnum):
    """What can be described."""

    CONNECTOR = "connector"
    VERSION = "version"
    ACTION = "action"


@app.command()
def describe(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="What to show.", **one_of(Kind))],
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="CONNECTOR, CONNECTOR@VERSION or CONNECTOR@VERSION/ACTION."
        ),
    ],
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show a connector, a version or an action in full.

    `portico describe connector petstore`

    `portico describe action petstore/getPetById`
    """
    read, rows = _KINDS[kind]
    with connect(server, ca, certificate, key) as session:
        found = read(session, name)
        more = _still(session, found.name) if kind is Kind.VERSION else []
    if output is Format.TABLE:
        facts([*rows(found), *more])
    else:
        show(plain(found), output)


def _connector(session: Session, name: str) -> Connector:
    request = GetConnectorRequest(name=names.connector(name))
    return session.ask(session.catalog.GetConnector, request)


def _version(session: Session, name: str) -> ConnectorVersion:
    request = GetVersionRequest(name=names.version(name))
    return session.ask(session.catalog.GetVersion, request)


def _still(session: Session, name: str) -> list[tuple[str, str]]:
    """Who still calls a version."""
    request = ListVersionUsesRequest(parent=name)
    uses = session.ask(session.catalog.ListVersionUses, request).uses
    return [("Called by", _use(each)) for each in uses[:SHOWN]]


def _use(use: VersionUse) -> str:
    calls = "1 call" if use.calls == 1 else f"{use.calls} calls"
    return f"{use.caller or 'anyone'}: {calls}, last {_time(use.last_call_time)}"


def _action(session: Session, name: str) -> Action:
    return session.ask(session.catalog.GetAction, GetActionRequest(name=names.action(name)))


def _connector_facts(connector: Connector) -> list[tuple[str, str]]:
    return [
        ("Name", names.short(connector.name)),
        ("Title", connector.title),
        ("Description", connector.description),
        ("Labels", _labels(connector.labels)),
        ("Live", ", ".join(names.short(each) for each in connector.live_versions) or "none"),
        ("Created", _time(connector.create_time)),
        ("Changed", _time(connector.update_time)),
        ("Etag", connector.etag),
    ]


def _version_facts(version: ConnectorVersion) -> list[tuple[str, str]]:
    state = ConnectorVersion.State.Name(version.state).removeprefix("STATE_")
    return [
        ("Name", names.short(version.name)),
        ("State", f"{state} {version.traffic_percent}%" if version.traffic_percent else state),
        ("Actions", str(version.action_count)),
        ("Document", version.spec_uri or f"sha256:{version.spec_digest}"),
        ("Facade" if version.HasField("indirect") else "Server", _servers(version)),
        ("Mark", version.indirect.mark),
        ("Credentials", ", ".join(each.scheme for each in version.credentials)),
        ("Variables", ", ".join(each.key for each in version.backend_variables)),
        ("Labels", _labels(version.labels)),
        ("Notes", version.notes),
        ("Canary", _labels(version.match_headers)),
        *_deprecation(version),
        *_difference(version.difference),
        ("Created", _time(version.create_time)),
        ("Changed", _time(version.update_time)),
        ("Etag", version.etag),
        *_problems(version.problems),
    ]


def _deprecation(version: ConnectorVersion) -> list[tuple[str, str]]:
    if not version.HasField("deprecation"):
        return []
    told = version.deprecation
    until = f", until {_time(told.sunset_time)}" if told.HasField("sunset_time") else ""
    notes = f": {told.notes}" if told.notes else ""
    return [("Deprecated", f"since {_time(told.deprecate_time)}{until}{notes}")]


def _difference(found: Difference) -> list[tuple[str, str]]:
    """The verdict, and what is behind it as far as it breaks."""
    if not found.verdict:
        return []
    worst = [each for each in found.findings if each.verdict != VERDICT_SAFE]
    more = len(worst) - SHOWN + found.omitted_findings
    return [
        ("Verdict", f"{_verdict(found.verdict)} for those who call {names.short(found.against)}"),
        *(
            ("Breaks", f"{each.action or each.new_place.field}: {each.message} [{each.rule}]")
            for each in worst[:SHOWN]
        ),
        *([("…", f"and {more} more")] if more > 0 else []),
        ("Next id", found.suggested_version_id),
    ]


def _verdict(verdict: "Verdict.ValueType") -> str:
    return Verdict.Name(verdict).removeprefix("VERDICT_")


def _servers(version: ConnectorVersion) -> str:
    direct, indirect = version.direct, version.indirect
    addresses = (
        *(direct.base_uri, *direct.more_base_uris),
        *(indirect.facade_uri, *indirect.more_facade_uris),
    )
    return ", ".join(filter(None, addresses)) or "as documented"


def _action_facts(action: Action) -> list[tuple[str, str]]:
    traits = [
        word
        for word, holds in (
            ("safe", action.safe),
            ("idempotent", action.idempotent),
            ("deprecated", action.deprecated),
            ("cannot be called", not action.callable),
        )
        if holds
    ]
    schema = plain(action.input_schema)
    return [
        ("Name", names.short(action.name)),
        ("Alias", action.alias),
        ("Title", action.title),
        ("Description", action.description),
        ("Request", f"{action.method} {action.path}"),
        ("Traits", ", ".join(traits)),
        ("Tags", ", ".join(action.tags)),
        ("Pages", _pages(action)),
        *(("Parameter", _parameter(each)) for each in action.parameters),
        *_problems(action.problems),
        ("Try", f"portico call {names.short(action.name)}{typed(arguments(schema))}"),
    ]


def _pages(action: Action) -> str:
    """The rule by which the action's answers go on, in a few words."""
    rule = action.paging
    if not action.HasField("paging"):
        return ""
    kind = PageKind.Name(rule.kind).removeprefix("PAGE_KIND_").lower().replace("_", " ")
    leads = " -> ".join(filter(None, (rule.header or rule.next_pointer, rule.parameter)))
    return f"by {kind}{leads and ' '}{leads} ({rule.source}); --all calls them all"


def _parameter(parameter: Parameter) -> str:
    place = Parameter.Location.Name(parameter.location).removeprefix("LOCATION_").lower()
    schema = plain(parameter.schema)
    kind = schema.get("type", "any") if isinstance(schema, dict) else "any"
    needed = ", required" if parameter.required else ""
    return f"{parameter.name} ({kind} in {place}{needed}) {parameter.description}".rstrip()


def _problems(problems: Any) -> list[tuple[str, str]]:
    rows = [
        (Problem.Severity.Name(each.severity).removeprefix("SEVERITY_").title(), _problem(each))
        for each in problems[:SHOWN]
    ]
    more = len(problems) - SHOWN
    return [*rows, ("", ""), *([("…", f"and {more} more")] if more > 0 else [])]


def _problem(problem: Problem) -> str:
    place = f"line {problem.line}: " if problem.line else ""
    return f"{place}{problem.message} [{problem.code}] {problem.pointer}"


def _labels(labels: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))


def _time(stamp: Any) -> str:
    return f"{stamp.ToDatetime():%Y-%m-%d %H:%M:%S} UTC"


_KINDS: dict[Kind, tuple[Callable[[Session, str], Any], Callable[[Any], list[tuple[str, str]]]]] = {
    Kind.CONNECTOR: (_connector, _connector_facts),
    Kind.VERSION: (_version, _version_facts),
    Kind.ACTION: (_action, _action_facts),
}
