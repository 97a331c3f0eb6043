"""Alerts, judged window by window in virtual time (I-8)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from facade.history.evaluation import figure_of, judged, said
from facade.model.execution import Alert, AlertState, Figures, Metric

START = datetime(2026, 1, 1, tzinfo=UTC)
ALERT = Alert(
    id="fails", connector="shop", above=0.1, window=300.0, create_time=START, update_time=START
)
BAD = Figures(start_time=START, calls=10, failed=5, mean_seconds=0.2, p95_seconds=0.9)
GOOD = replace(BAD, failed=0)
NONE = Figures(start_time=START)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def course(alert: Alert, *found: tuple[float, Figures]) -> list[tuple[str, bool]]:
    """The state after each look, and whether somebody is to be told of it."""
    seen = []
    for seconds, figures in found:
        alert = judged(replace(alert, untold=False), figures, at(seconds))
        seen.append((alert.state.value, alert.untold))
    return seen


def test_i8_an_alert_fires_once_per_crossing_and_clears_once() -> None:
    assert course(ALERT, (0, GOOD), (15, BAD), (30, BAD), (45, GOOD), (344, GOOD), (345, GOOD)) == [
        ("OK", False),
        ("FIRING", True),
        ("FIRING", False),
        ("FIRING", False),
        ("FIRING", False),
        ("OK", True),
    ]


def test_i8_a_figure_that_goes_to_and_fro_has_it_tell_of_the_first_crossing_alone() -> None:
    swings = tuple((15.0 * each, BAD if each % 2 else GOOD) for each in range(40))
    assert [told for _, told in course(ALERT, *swings)].count(True) == 1


def test_i8_it_fires_again_after_it_has_cleared() -> None:
    states = course(ALERT, (0, BAD), (15, GOOD), (315, GOOD), (330, BAD))
    assert [state for state, told in states if told] == ["FIRING", "OK", "FIRING"]


def test_too_few_calls_say_nothing_and_let_it_clear() -> None:
    alert = replace(ALERT, least_calls=20)
    assert course(alert, (0, BAD)) == [("OK", False)]
    firing = replace(alert, state=AlertState.FIRING, since=START)
    assert course(firing, (0, NONE), (300, NONE)) == [("FIRING", False), ("OK", True)]


def test_no_calls_cross_a_bound_from_below_where_calls_are_counted() -> None:
    alert = replace(ALERT, metric=Metric.CALLS, above=None, below=1.0)
    assert course(alert, (0, NONE), (15, BAD)) == [("FIRING", True), ("FIRING", False)]


def test_a_muted_alert_tells_nothing() -> None:
    assert course(replace(ALERT, state=AlertState.MUTED), (0, BAD)) == [("MUTED", False)]


@pytest.mark.parametrize(
    ("metric", "figure"),
    [
        (Metric.ERROR_RATE, 0.5),
        (Metric.P95_SECONDS, 0.9),
        (Metric.MEAN_SECONDS, 0.2),
        (Metric.CALLS, 10.0),
        (Metric.FAILED, 5.0),
    ],
)
def test_each_metric_is_looked_at(metric: Metric, figure: float) -> None:
    assert figure_of(metric, BAD) == figure
    assert judged(replace(ALERT, metric=metric), BAD, at(0)).figure == figure


def test_i7_no_calls_have_an_error_rate_of_0_and_no_mean() -> None:
    assert figure_of(Metric.ERROR_RATE, NONE) == 0
    assert figure_of(Metric.MEAN_SECONDS, NONE) is None


def test_what_it_looks_at_is_said_in_a_line() -> None:
    assert said(ALERT) == "error rate of shop above 0.1 in 300 s"
    assert said(replace(ALERT, connector="", above=None, below=2.0)) == (
        "error rate of all calls below 2 in 300 s"
    )
