"""What is wrong with a connection that is asked for, by field; pure. Secrets are never told."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from facade.catalog.credential_check import check_credential, check_reference
from facade.catalog.draft import check_labels, check_schemes, check_text
from facade.catalog.policy_check import check_limits
from facade.catalog.request import invalid
from facade.catalog.resource_fields import Fields
from facade.errors.fault import Violation
from facade.model.connection import Connection
from facade.model.names import ID, LIVE
from facade.model.policy import Scope

LONGEST_ID = 49
"""Characters of a connection's id."""

LONGEST_REASON = 1024
"""Characters of what a lock is for."""

MOST = 100
"""Variables, credentials and hosts of one connection, of each kind."""

HOST = re.compile(
    r"(\*\.)?[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?"
)

FIELDS: Final = Fields(
    noun="connection",
    updatable=(
        "title",
        "description",
        "labels",
        "version",
        "variables",
        "secrets",
        "credentials",
        "end_users",
        "limits",
        "allowed_hosts",
        "test_action",
        "tool_overrides",
    ),
    immutable=("name", "uid", "connector"),
    output=("state", "state_description", "lock", "revision", "etag", "create_time", "update_time"),
)


def check_new(connection: Connection, field: str = "connection") -> Iterator[Violation]:
    """Everything that forbids making a connection, whatever there is."""
    name = connection.name.connection
    if not ID.fullmatch(name) or len(name) > LONGEST_ID:
        wanted = f"must match ^{ID.pattern}$ and have at most {LONGEST_ID} characters"
        yield Violation(field="connection_id", description=wanted)
    if not ID.fullmatch(connection.connector):
        wanted = "the id of a connector is required"
        yield Violation(field=f"{field}.connector", description=wanted)
    yield from check(connection, field)


def check(connection: Connection, field: str = "connection") -> Iterator[Violation]:
    """Everything that is wrong with what can change of a connection."""
    yield from check_text(connection.title, f"{field}.title")
    yield from check_text(connection.description, f"{field}.description")
    yield from check_labels(connection.labels, f"{field}.labels")
    if connection.version != LIVE and not ID.fullmatch(connection.version):
        wanted = "must be the id of a version, or `live`"
        yield Violation(field=f"{field}.version", description=wanted)
    for name, reference in connection.secrets.items():
        yield from check_reference(reference, f"{field}.secrets[{name[:63]}]")
    for number, each in enumerate(connection.credentials):
        yield from check_credential(each, f"{field}.credentials[{number}]")
    yield from check_schemes(connection.credentials, f"{field}.credentials")
    yield from _check_limits(connection, f"{field}.limits")
    yield from _check_hosts(connection.allowed_hosts, f"{field}.allowed_hosts")
    yield from _check_tools(connection, f"{field}.tool_overrides")
    for kind in ("variables", "secrets", "credentials", "tool_overrides"):
        if len(getattr(connection, kind)) > MOST:
            yield Violation(field=f"{field}.{kind}", description=f"at most {MOST}")


def counted(connection: Connection) -> Connection:
    """The connection with limits that count its own calls, or those of each of its subjects."""
    limits = (
        each if each.scope is Scope.SUBJECT else replace(each, scope=Scope.CONNECTION)
        for each in connection.limits
    )
    return replace(connection, limits=tuple(limits))


def check_reason(reason: str) -> str:
    """What a lock is for; raises InvalidRequest where that is not said."""
    if not reason.strip():
        raise invalid(Violation(field="reason", description="say why: who would change it is told"))
    found = tuple(check_text(reason, "reason"))
    if found:
        raise invalid(*found)
    if len(reason) > LONGEST_REASON:
        said = f"at most {LONGEST_REASON} characters"
        raise invalid(Violation(field="reason", description=said))
    return reason


def _check_limits(connection: Connection, field: str) -> Iterator[Violation]:
    yield from check_limits(connection.limits, 1, field)
    for number, each in enumerate(connection.limits):
        if each.scope not in {Scope.CONNECTOR, Scope.CONNECTION, Scope.SUBJECT}:
            wanted = "of a connection, all of its calls or those of one subject are counted"
            yield Violation(field=f"{field}[{number}].scope", description=wanted)


def _check_tools(connection: Connection, field: str) -> Iterator[Violation]:
    known: set[str] = set()
    for number, each in enumerate(connection.tool_overrides):
        if not each.action or each.action in known:
            wanted = "stands twice" if each.action else "the id of an action is required"
            yield Violation(field=f"{field}[{number}].action", description=wanted)
        known.add(each.action)


def _check_hosts(hosts: Sequence[str], field: str) -> Iterator[Violation]:
    if len(hosts) > MOST:
        yield Violation(field=field, description=f"at most {MOST}")
    for number, host in enumerate(hosts):
        if not HOST.fullmatch(host):
            wanted = "must be HOST, HOST:PORT or *.SUFFIX, in lower case"
            yield Violation(field=f"{field}[{number}]", description=wanted)
