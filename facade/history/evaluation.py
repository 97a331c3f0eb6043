"""Evaluation: whether an alert fires or clears, by what its window has; pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from facade.model.execution import Alert, AlertState, Figures, Metric

COUNTS: Final = frozenset({Metric.CALLS, Metric.FAILED})
"""Those that mean something of no calls, too."""


def judged(alert: Alert, figures: Figures, now: datetime) -> Alert:
    """The alert as it is now, by the figures of its window.

    It fires at once, and clears when the figure has not been across for a whole window, so that
    one which goes to and fro does not have it tell of each time.
    """
    figure = figure_of(alert.metric, figures)
    alert = replace(alert, figure=figure)
    if alert.state is AlertState.MUTED:
        return alert
    across = _is_across(alert, figure) and _says_something(alert, figures)
    if alert.state is AlertState.OK:
        if not across:
            return alert
        return replace(alert, state=AlertState.FIRING, since=now, calm=None, untold=True)
    if across:
        return replace(alert, calm=None)
    calm = alert.calm or now
    if (now - calm).total_seconds() < alert.window:
        return replace(alert, calm=calm)
    return replace(alert, state=AlertState.OK, since=now, calm=None, untold=True)


def figure_of(metric: Metric, figures: Figures) -> float | None:
    """What an alert looks at; None where no call tells."""
    match metric:
        case Metric.ERROR_RATE:
            return figures.error_rate
        case Metric.P95_SECONDS:
            return figures.p95_seconds
        case Metric.MEAN_SECONDS:
            return figures.mean_seconds
        case Metric.CALLS:
            return float(figures.calls)
        case Metric.FAILED:
            return float(figures.failed)


def said(alert: Alert) -> str:
    """What an alert looks at and when it fires, in a line."""
    of = alert.action or alert.connector or alert.flow or "all calls"
    bound = f"above {alert.above:g}" if alert.above is not None else f"below {alert.below:g}"
    metric = alert.metric.value.lower().replace("_", " ")
    return f"{metric} of {of} {bound} in {alert.window:g} s"


def _is_across(alert: Alert, figure: float | None) -> bool:
    if figure is None:
        return False
    if alert.above is not None:
        return figure > alert.above
    return alert.below is not None and figure < alert.below


def _says_something(alert: Alert, figures: Figures) -> bool:
    return alert.metric in COUNTS or figures.calls >= alert.least_calls
