"""Executions, figures, alerts and kinds of errors, as messages and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from facade.catalog.request import invalid
from facade.errors.fault import Code, Violation
from facade.errors.kinds import KINDS
from facade.history.request import DEFAULT_WINDOW, query_of
from facade.model.execution import (
    Alert,
    AlertName,
    AlertState,
    ErrorKind,
    Execution,
    ExecutionKind,
    FigureGroup,
    FigureQuery,
    Figures,
    FigureScope,
    Grouping,
    Interval,
    Metric,
)
from gateway.convert.version import timestamp
from gateway.v1 import execution_pb2 as pb

NANOSECONDS = 1_000_000_000

EXECUTED: Mapping[ExecutionKind, "pb.Execution.Kind.ValueType"] = MappingProxyType(
    {each: pb.Execution.Kind.Value(f"KIND_{each.name}") for each in ExecutionKind}
)
STATES: Mapping[AlertState, "pb.Alert.State.ValueType"] = MappingProxyType(
    {each: pb.Alert.State.Value(f"STATE_{each.name}") for each in AlertState}
)
METRICS: Mapping["pb.Alert.Metric.ValueType", Metric] = MappingProxyType(
    {pb.Alert.Metric.Value(f"METRIC_{each.name}"): each for each in Metric}
)
METRIC_NUMBERS = MappingProxyType({metric: number for number, metric in METRICS.items()})

GROUPINGS: Mapping[int, Grouping] = MappingProxyType(
    {0: Grouping.TOTAL}
    | {int(pb.GetFiguresRequest.Grouping.Value(f"GROUPING_{each.name}")): each for each in Grouping}
)
INTERVALS: Mapping[int, Interval] = MappingProxyType(
    {int(pb.GetFiguresRequest.Interval.Value(f"INTERVAL_{each.name}")): each for each in Interval}
)


def execution_to(execution: Execution) -> pb.Execution:
    """What history has of an execution, with what helps where it has failed."""
    kind = KINDS.get(execution.reason)
    return pb.Execution(
        name=f"executions/{execution.id}",
        kind=EXECUTED[execution.kind],
        connector=execution.connector,
        version=execution.version,
        action=execution.action,
        connection=execution.connection,
        flow=execution.flow,
        run=execution.run,
        caller=execution.caller,
        time=timestamp(execution.time),
        duration=duration(execution.seconds),
        ok=execution.ok,
        code=cast("Any", execution.code),
        reason=execution.reason,
        message=execution.message,
        remedy=kind.remedy if kind is not None else "",
        status_code=execution.status,
        attempts=execution.attempts,
        cache=execution.cache,
        request_bytes=execution.bytes_in,
        response_bytes=execution.bytes_out,
        trace_id=execution.trace_id,
        request_body=execution.request_body,
        response_body=execution.response_body,
    )


def group_to(group: FigureGroup) -> pb.FigureGroup:
    """The figures of a group."""
    scope = group.scope
    return pb.FigureGroup(
        connector=scope.connector,
        version=scope.version,
        action=scope.action,
        flow=scope.flow,
        total=_figures_to(group.total),
        calls_per_day=group.calls_per_day,
        series=map(_figures_to, group.series),
    )


def query_from(message: pb.GetFiguresRequest, now: datetime) -> FigureQuery:
    """Which figures are asked for; raises InvalidRequest."""
    grouping = GROUPINGS.get(message.group_by)
    interval = INTERVALS.get(message.interval)
    problems = []
    if grouping is None:
        problems.append(Violation(field="group_by", description="is none of its values"))
    if message.interval and interval is None:
        problems.append(Violation(field="interval", description="is none of its values"))
    if problems:
        raise invalid(*problems)
    return query_of(
        now,
        scope=FigureScope(
            connector=message.connector,
            version=message.version,
            action=message.action,
            flow=message.flow,
        ),
        grouping=grouping or Grouping.TOTAL,
        start_time=_moment(message, "start_time"),
        end_time=_moment(message, "end_time"),
        interval=interval,
    )


def kind_to(kind: ErrorKind) -> pb.ErrorKind:
    """What is known of a reason."""
    return pb.ErrorKind(
        name=f"errorKinds/{kind.reason}",
        code=cast("Any", Code[kind.code].value),
        domain=kind.domain,
        cause=kind.cause,
        remedy=kind.remedy,
        retryable=kind.retryable,
    )


def alert_to(alert: Alert) -> pb.Alert:
    """An alert; its secret is a reference, as it was given."""
    message = pb.Alert(
        name=str(alert.name),
        title=alert.title,
        connector=alert.connector,
        action=alert.action,
        flow=alert.flow,
        metric=METRIC_NUMBERS[alert.metric],
        window=duration(alert.window),
        least_calls=alert.least_calls,
        webhook=alert.webhook,
        secret=alert.secret,
        mail=alert.mail,
        state=STATES[alert.state],
        etag=alert.etag,
        create_time=timestamp(alert.create_time),
        update_time=timestamp(alert.update_time),
    )
    for name in ("above", "below", "figure"):
        held = getattr(alert, name)
        if held is not None:
            setattr(message, name, held)
    if alert.since is not None:
        message.state_time.CopyFrom(timestamp(alert.since))
    return message


def alert_from(message: pb.Alert, name: AlertName, *, needs_metric: bool) -> Alert:
    """What is said of an alert; the rest is not the caller's to set. Raises InvalidRequest."""
    metric = METRICS.get(message.metric)
    if metric is None and (message.metric or needs_metric):
        raise invalid(Violation(field="alert.metric", description="is required"))
    unset = datetime.fromtimestamp(0, UTC)
    return Alert(
        id=name.alert,
        tenant=name.tenant,
        title=message.title,
        connector=message.connector,
        action=message.action,
        flow=message.flow,
        metric=metric or Metric.ERROR_RATE,
        above=message.above if message.HasField("above") else None,
        below=message.below if message.HasField("below") else None,
        window=_seconds(message.window) if message.HasField("window") else DEFAULT_WINDOW,
        least_calls=message.least_calls or 1,
        webhook=message.webhook,
        secret=message.secret,
        mail=tuple(message.mail),
        create_time=unset,
        update_time=unset,
    )


def duration(seconds: float) -> Duration:
    """Seconds, as a message."""
    whole, rest = divmod(round(seconds * NANOSECONDS), NANOSECONDS)
    return Duration(seconds=whole, nanos=rest)


def _figures_to(figures: Figures) -> pb.Figures:
    message = pb.Figures(
        start_time=timestamp(figures.start_time),
        calls=figures.calls,
        failed=figures.failed,
        error_rate=figures.error_rate,
        last_error=figures.last_error,
    )
    if figures.mean_seconds is not None:
        message.mean_duration.CopyFrom(duration(figures.mean_seconds))
    if figures.p95_seconds is not None:
        message.p95_duration.CopyFrom(duration(figures.p95_seconds))
    if figures.last_error_time is not None:
        message.last_error_time.CopyFrom(timestamp(figures.last_error_time))
    return message


def _moment(message: pb.GetFiguresRequest, field: str) -> datetime | None:
    if not message.HasField(field):  # type: ignore[arg-type]  # one of its fields
        return None
    held: Timestamp = getattr(message, field)
    try:
        return held.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise invalid(Violation(field=field, description="is no time")) from None


def _seconds(message: Duration) -> float:
    return message.seconds + message.nanos / NANOSECONDS
