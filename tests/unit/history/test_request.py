"""What may be asked of figures and alerts: each problem with its field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facade.errors.caller import InvalidRequest
from facade.history.figures import span_of
from facade.history.request import FIELDS, check_alert, query_of
from facade.model.execution import Alert, FigureScope, Grouping, Interval, Metric

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ALERT = Alert(id="fails", above=0.1, create_time=NOW, update_time=NOW)


def refused(alert: Alert) -> list[str]:
    with pytest.raises(InvalidRequest) as caught:
        check_alert(alert, new=True, can_mail=True)
    return [each.field for each in caught.value.details.violations]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"id": "Fails"}, "alert_id"),
        ({"title": "x" * 201}, "alert.title"),
        ({"connector": "Shop"}, "alert.connector"),
        ({"action": "getPet"}, "alert.action"),
        ({"flow": "orders", "connector": "shop"}, "alert.flow"),
        ({"above": None}, "alert.above"),
        ({"below": 1.0}, "alert.above"),
        ({"above": -1.0}, "alert.above"),
        ({"above": 1.0}, "alert.above"),
        ({"metric": Metric.CALLS, "above": float("nan")}, "alert.above"),
        ({"window": 59.0}, "alert.window"),
        ({"window": 86401.0}, "alert.window"),
        ({"least_calls": 0}, "alert.least_calls"),
        ({"webhook": "https://a.example/hook"}, "alert.secret"),
        ({"secret": "secret:crm"}, "alert.secret"),
        ({"webhook": "https://u:p@a.example/", "secret": "secret:crm"}, "alert.webhook"),
        ({"webhook": "ftp://a.example/", "secret": "secret:crm"}, "alert.webhook"),
        ({"webhook": "https://a.example/", "secret": "hunter2"}, "alert.secret"),
        ({"mail": ("nobody",)}, "alert.mail[0]"),
        ({"mail": ("a@b.example\r\nBcc: c@d.example",)}, "alert.mail[0]"),
        ({"mail": tuple(f"a{each}@b.example" for each in range(21))}, "alert.mail"),
    ],
)
def test_an_alert_that_makes_no_sense_is_refused_by_field(
    given: dict[str, Any], field: str
) -> None:
    assert refused(replace(ALERT, **given)) == [field]


def test_an_alert_is_taken_and_tells_nobody_twice() -> None:
    alert = replace(ALERT, mail=("a@b.example", "a@b.example"))
    assert check_alert(alert, new=True, can_mail=True).mail == ("a@b.example",)


def test_mail_is_refused_where_none_goes_out_and_the_setting_named() -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_alert(replace(ALERT, mail=("a@b.example",)), new=False, can_mail=False)
    (wrong,) = caught.value.details.violations
    assert wrong.field == "alert.mail"
    assert "set `smtp`" in wrong.description


@pytest.mark.parametrize("paths", [(), ("*", "title"), ("state",), ("name",)])
def test_a_mask_names_fields_that_can_change(paths: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequest, match="update_mask"):
        FIELDS.chosen(paths)
    assert "above" in FIELDS.chosen(("*",))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"start_time": NOW}, "end_time"),
        ({"start_time": NOW - timedelta(days=401)}, "start_time"),
        ({"interval": Interval.MINUTE}, "interval"),
        (
            {"start_time": NOW - timedelta(days=10), "interval": Interval.HOUR},
            "start_time",
        ),
        ({"scope": FigureScope(flow="a", connector="b")}, "flow"),
        ({"scope": FigureScope(connector="b"), "grouping": Grouping.FLOW}, "group_by"),
    ],
)
def test_figures_that_are_not_to_be_had_are_refused_by_field(
    given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        query_of(NOW, **given)
    assert field in [each.field for each in caught.value.details.violations]


def test_figures_are_of_the_last_day_unless_told_otherwise() -> None:
    query = query_of(NOW)
    assert query.end_time - query.start_time == timedelta(days=1)
    assert span_of(query, NOW.timestamp()) == 3600


@pytest.mark.parametrize(
    ("days", "ago", "span"), [(0.1, 0.0, 60), (2, 0, 3600), (3, 0, 86400), (0.1, 20, 86400)]
)
def test_short_times_are_told_by_the_finest_figures_that_are_kept(
    days: float, ago: float, span: int
) -> None:
    end = NOW - timedelta(days=ago)
    query = query_of(NOW, start_time=end - timedelta(days=days), end_time=end)
    assert span_of(query, NOW.timestamp()) == span
