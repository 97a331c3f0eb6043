"""Connections, as messages and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from facade.catalog.request import invalid
from facade.connections.checking import Checked, CheckedState
from facade.connections.http_request import HttpRequest
from facade.errors.fault import Violation
from facade.model.call import Outcome
from facade.model.connection import Connection, ConnectionState, EndUsers, ToolOverride
from facade.model.names import LIVE, ConnectionName
from gateway.convert.credential import credential_to, credentials_from
from gateway.convert.mirror import member_of, number_of
from gateway.convert.policy import limit_to, limits_from, unknown
from gateway.convert.version import timestamp
from gateway.v1 import connection_pb2 as pb

STATES: Mapping[ConnectionState, "pb.Connection.State.ValueType"] = MappingProxyType(
    {each: pb.Connection.State.Value(f"STATE_{each.name}") for each in ConnectionState}
)

CHECKED: Mapping[CheckedState, "pb.CheckConnectionResponse.State.ValueType"] = MappingProxyType(
    {each: pb.CheckConnectionResponse.State.Value(f"STATE_{each.name}") for each in CheckedState}
)

HINTS: Final = ("read_only", "idempotent", "destructive", "open_world")
"""Of a tool, by the names that they have on both sides."""

END_USERS = pb.Connection.DESCRIPTOR.enum_types_by_name["EndUsers"]


def connection_to(connection: Connection) -> pb.Connection:
    """A connection; secrets are references, as they were given."""
    message = pb.Connection(
        name=str(connection.name),
        uid=connection.uid,
        title=connection.title,
        description=connection.description,
        labels=connection.labels,
        connector=connection.connector,
        version=connection.version,
        variables=connection.variables,
        secrets=connection.secrets,
        credentials=[credential_to(each) for each in connection.credentials],
        limits=[limit_to(each) for each in connection.limits],
        allowed_hosts=connection.allowed_hosts,
        test_action=connection.test_action,
        tool_overrides=[_override_to(each) for each in connection.tool_overrides],
        state=STATES[connection.state],
        state_description=connection.state_description,
        revision=connection.revision,
        etag=connection.etag,
        create_time=timestamp(connection.create_time),
        update_time=timestamp(connection.update_time),
    )
    if connection.end_users is not EndUsers.NEVER:
        message.end_users = number_of(connection.end_users, END_USERS)  # type: ignore[assignment]  # a number is one
    if connection.lock is not None:
        message.lock.reason = connection.lock.reason
        message.lock.time.CopyFrom(timestamp(connection.lock.time))
    return message


def connection_from(message: pb.Connection, name: ConnectionName) -> Connection:
    """What is said of a connection; the rest is not the caller's to set. Raises InvalidRequest."""
    problems: list[Violation] = []
    end_users = member_of(message.end_users, END_USERS, EndUsers.NEVER)
    if not isinstance(end_users, EndUsers):
        problems.append(unknown("connection.end_users", message.end_users))
        end_users = EndUsers.NEVER
    unset = datetime.fromtimestamp(0, UTC)
    made = Connection(
        name=name,
        title=message.title,
        description=message.description,
        labels=dict(message.labels),
        connector=message.connector,
        version=message.version or LIVE,
        variables=dict(message.variables),
        secrets=dict(message.secrets),
        credentials=tuple(
            credentials_from(message.credentials, "connection.credentials", problems)
        ),
        end_users=end_users,
        limits=limits_from(message.limits, "connection.limits", problems),
        allowed_hosts=tuple(message.allowed_hosts),
        test_action=message.test_action,
        tool_overrides=tuple(_override_from(each) for each in message.tool_overrides),
        create_time=unset,
        update_time=unset,
    )
    if problems:
        raise invalid(*problems)
    return made


def _override_to(override: ToolOverride) -> pb.ToolOverride:
    return pb.ToolOverride(
        action=override.action,
        hidden=override.hidden,
        **{each: said for each in HINTS if (said := getattr(override, each)) is not None},
    )


def _override_from(message: pb.ToolOverride) -> ToolOverride:
    hints = {each: getattr(message, each) for each in HINTS if message.HasField(each)}
    return ToolOverride(action=message.action, hidden=message.hidden, **hints)


def checked_to(checked: Checked) -> pb.CheckConnectionResponse:
    """What a check has found."""
    return pb.CheckConnectionResponse(state=CHECKED[checked.state], description=checked.description)


def http_request_from(message: pb.ExecuteHttpRequestRequest) -> HttpRequest:
    """A request of one's own."""
    return HttpRequest(
        method=message.method or "GET",
        url=message.url,
        headers=tuple((each.name, each.value) for each in message.headers),
        body=message.body if message.HasField("body") else None,
    )


def http_response_to(outcome: Outcome) -> pb.ExecuteHttpRequestResponse:
    """What was answered to it."""
    reply = outcome.exchange.reply
    if reply is None:
        return pb.ExecuteHttpRequestResponse()
    return pb.ExecuteHttpRequestResponse(
        status_code=reply.status,
        headers=[pb.HttpHeader(name=name, value=value) for name, value in reply.headers],
        body=reply.body,
    )
