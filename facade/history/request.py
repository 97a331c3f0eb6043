"""What is wrong with what is asked of figures and alerts, by field; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from facade.catalog.credential_check import check_reference
from facade.catalog.draft import check_text
from facade.catalog.request import check_new_id, refuse
from facade.catalog.resource_fields import Fields
from facade.errors.fault import Violation
from facade.history.figures import KEPT
from facade.model.execution import (
    SECONDS,
    Alert,
    FigureQuery,
    FigureScope,
    Grouping,
    Interval,
    Metric,
)
from facade.model.names import ID

WINDOW: Final = timedelta(days=1)
"""What figures are of where nothing else is asked for."""
LONGEST: Final = timedelta(days=400)
POINTS: Final = 1000
"""Of one series at most."""

DEFAULT_WINDOW: Final = 300.0
"""Seconds that an alert looks back where it does not say."""
SHORTEST_WINDOW, LONGEST_WINDOW = 60.0, 86400.0
"""Seconds that an alert looks back."""
MAILS: Final = 20
TITLE: Final = 200
ADDRESS: Final = re.compile(r"[^\s@,;<>\"()]{1,64}@[^\s@,;<>\"()]{1,190}")
"""One mail address, without a name beside it."""

FIELDS: Final = Fields(
    noun="alert",
    updatable=(
        "title",
        "connector",
        "action",
        "flow",
        "metric",
        "above",
        "below",
        "window",
        "least_calls",
        "webhook",
        "secret",
        "mail",
    ),
    immutable=("name",),
    output=("state", "figure", "state_time", "etag", "create_time", "update_time"),
)


def query_of(
    now: datetime,
    *,
    scope: FigureScope = FigureScope(),  # noqa: B008 - it never changes
    grouping: Grouping = Grouping.TOTAL,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    interval: Interval | None = None,
) -> FigureQuery:
    """Which figures are asked for, the last day's where nothing is said; raises InvalidRequest."""
    end = end_time or now
    start = start_time or end - WINDOW
    query = FigureQuery(
        scope=scope, grouping=grouping, start_time=start, end_time=end, interval=interval
    )
    refuse(_query_problems(query, now))
    return query


def _query_problems(query: FigureQuery, now: datetime) -> Iterator[Violation]:
    length = query.end_time - query.start_time
    if length <= timedelta(0):
        yield Violation(field="end_time", description="must be after start_time")
    if length > LONGEST:
        yield Violation(field="start_time", description="at most 400 days before end_time")
    scope, grouping = query.scope, query.grouping
    for name in ("connector", "version", "flow"):
        given = getattr(scope, name)
        if given and not ID.fullmatch(given):
            yield Violation(field=name, description=f"does not match ^{ID.pattern}$")
    of_calls = bool(scope.connector or scope.version or scope.action)
    if scope.flow and (of_calls or grouping not in {Grouping.TOTAL, Grouping.FLOW}):
        said = "figures are of a flow's runs, or of calls by connector, version and action"
        yield Violation(field="flow", description=said)
    elif grouping is Grouping.FLOW and of_calls:
        said = "figures by flow are of runs, which have no connector, version or action"
        yield Violation(field="group_by", description=said)
    if query.interval is not None:
        yield from _interval_problems(query.interval, query.start_time, length, now)


def _interval_problems(
    interval: Interval, start: datetime, length: timedelta, now: datetime
) -> Iterator[Violation]:
    span = SECONDS[interval]
    if length.total_seconds() / span > POINTS:
        said = f"gives more than {POINTS} points; ask for a shorter time or a longer interval"
        yield Violation(field="interval", description=said)
    kept = KEPT.get(span)
    if kept is not None and now - start > timedelta(seconds=kept + span):
        said = f"figures by the {interval.lower()} go back {kept // 3600} hours"
        yield Violation(field="start_time", description=said)


def check_alert(alert: Alert, *, new: bool, can_mail: bool) -> Alert:
    """An alert that makes sense; raises InvalidRequest with everything that is wrong with it.

    `can_mail`: whether there is a server that takes mails.
    """
    refuse(_problems(alert, new=new, can_mail=can_mail))
    return replace(alert, mail=tuple(dict.fromkeys(alert.mail)))


def _problems(alert: Alert, *, new: bool, can_mail: bool) -> Iterator[Violation]:
    if new:
        yield from check_new_id(alert.id, "alert_id")
    yield from check_text(alert.title, "alert.title")
    if len(alert.title) > TITLE:
        yield Violation(field="alert.title", description=f"at most {TITLE} characters")
    yield from _scope_problems(alert)
    yield from _threshold_problems(alert)
    yield from _webhook_problems(alert)
    yield from _mail_problems(alert.mail, can_mail=can_mail)


def _scope_problems(alert: Alert) -> Iterator[Violation]:
    for name in ("connector", "flow"):
        id_ = getattr(alert, name)
        if id_ and not ID.fullmatch(id_):
            yield Violation(field=f"alert.{name}", description=f"must match ^{ID.pattern}$")
    if alert.action and not alert.connector:
        said = "the id of an action goes with that of its connector"
        yield Violation(field="alert.action", description=said)
    if alert.flow and alert.connector:
        said = "an alert looks at a flow's runs or at a connector's calls"
        yield Violation(field="alert.flow", description=said)


def _threshold_problems(alert: Alert) -> Iterator[Violation]:
    if (alert.above is None) == (alert.below is None):
        yield Violation(field="alert.above", description="set one of `above` and `below`")
    for name in ("above", "below"):
        bound = getattr(alert, name)
        if bound is not None and not 0 <= bound < 1e15:
            yield Violation(field=f"alert.{name}", description="must be 0 or more")
    if alert.metric is Metric.ERROR_RATE and (alert.above or 0) >= 1:
        said = "an error rate is a share, from 0 to 1: none is above 1"
        yield Violation(field="alert.above", description=said)
    if not SHORTEST_WINDOW <= alert.window <= LONGEST_WINDOW:
        yield Violation(field="alert.window", description="from 60s to 86400s")
    if not 1 <= alert.least_calls < 2**31:
        yield Violation(field="alert.least_calls", description="1 or more")


def _webhook_problems(alert: Alert) -> Iterator[Violation]:
    if alert.webhook:
        yield from _url_problems(alert.webhook)
    if alert.secret:
        yield from check_reference(alert.secret, "alert.secret")
    if alert.webhook and not alert.secret:
        said = "the secret that signs what is sent to the webhook is required: `secret:NAME`"
        yield Violation(field="alert.secret", description=said)
    if alert.secret and not alert.webhook:
        yield Violation(field="alert.secret", description="goes with a webhook")


def _mail_problems(mail: Sequence[str], *, can_mail: bool) -> Iterator[Violation]:
    if mail and not can_mail:
        said = "no mail goes out of here: set `smtp`, or name a webhook in place of it"
        yield Violation(field="alert.mail", description=said)
    if len(mail) > MAILS:
        yield Violation(field="alert.mail", description=f"at most {MAILS} addresses")
    for number, each in enumerate(mail[:MAILS]):
        if not ADDRESS.fullmatch(each):
            said = "is no mail address such as a@b.example"
            yield Violation(field=f"alert.mail[{number}]", description=said)


def _url_problems(url: str) -> Iterator[Violation]:
    said = "must be an https URL without a login: https://hooks.example/alerts"
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
    except ValueError:
        known = False
    if not known or len(url) > 2048:
        yield Violation(field="alert.webhook", description=said)
