"""Filters of executions, which the ledger itself applies."""

import pytest
from sqlalchemy.dialects import sqlite

from facade.errors.caller import InvalidRequest
from facade.listing.executions import condition_of
from facade.stores.history_filter import where


def written(text: str) -> str:
    made = where(condition_of(text)).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    return str(made).replace("executions.", "")


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("connector = shop", "connector = 'shop'"),
        ("connector = sh*", "substr(connector, 1, 2) = 'sh'"),
        ("ok = false", "ok = 0"),
        ("kind = run", "kind = 'RUN'"),
        ("code = NOT_FOUND", "code = 5"),
        ("status >= 500", "status >= 500"),
        ("seconds > 0.5", "seconds > 0.5"),
        ("connector = a connector = b", "connector = 'a' AND connector = 'b'"),
        ("connector = a OR connector = b", "connector = 'a' OR connector = 'b'"),
        ("NOT connector = a", "connector != 'a'"),
        ("message:time", "(lower(message) LIKE '%' || lower('time') || '%' ESCAPE '/')"),
        ('time >= "2026-01-01T12:00:00Z"', "id >= '019b796d-d600'"),
        ("time < 2026-01-01", "id < '019b76da-a800'"),
    ],
)
def test_a_filter_becomes_sql(text: str, sql: str) -> None:
    assert written(text) == sql


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = red", "`colour` at 1 is no field"),
        ("ok = maybe", "`maybe` at 6 is neither"),
        ("ok > true", "`>` at 4"),
        ("code = SOMETIMES", "is no code"),
        ("status = nan", "is no such number"),
        ("seconds < inf", "is no such number"),
        ("status = 5.5", "is no such number"),
        ("time = 2026-01-01", "`=` at 6"),
        ("time > noon", "is no time"),
    ],
)
def test_a_filter_that_asks_for_nothing_says_where(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        condition_of(text)


def test_what_a_filter_looks_for_is_a_value_and_never_sql() -> None:
    assert "''' OR 1=1" in written('connector = "\' OR 1=1"')
