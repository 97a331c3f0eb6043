from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET

from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import (
    BYTES,
    FLAG,
    LONG,
    MASK,
    MOMENT,
    NUMBER,
    SECONDS,
    TEXT,
    TREE,
    WHOLE,
    Codec,
    choice,
)
from facade.errors.fault import Violation
from facade.model.policy import CacheMode


def read(codec: Codec, tree: Any) -> tuple[Any, list[str]]:
    problems: list[Violation] = []
    value = codec.read(tree, FieldPlace("here", problems))
    assert all(each.field == "here" for each in problems)
    return value, [each.description for each in problems]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (1.5, "1.500s"),
        (10.0, "10s"),
        (0.0015, "0.001500s"),
        (1e-9, "0.000000001s"),
        (-0.25, "-0.250s"),
        (-1e-12, "0s"),
    ],
)
def test_durations_are_seconds_with_as_many_digits_as_they_need(seconds: float, text: str) -> None:
    assert SECONDS.write(seconds) == text
    assert read(SECONDS, text) == (pytest.approx(seconds, abs=1e-9), [])


@pytest.mark.parametrize("text", ["1.5", "1500ms", "s", "1.s", "1e3s", "+1s", " 1s", "\u0661s"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert read(SECONDS, text) == (UNSET, ["must be a duration such as `1.5s`"])


def test_moments_are_in_universal_time() -> None:
    east = timezone(timedelta(hours=2))
    assert MOMENT.write(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05Z"
    assert MOMENT.write(datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=east)) == (
        "2026-01-02T01:04:05.000060Z"
    )


@pytest.mark.parametrize("text", ["+/8=", "-_8=", "-_8", "+/8"])
def test_bytes_come_in_either_alphabet_padded_or_not(text: str) -> None:
    assert read(BYTES, text) == (b"\xfb\xff", [])
    assert BYTES.write(b"\xfb\xff") == "+/8="


@pytest.mark.parametrize(
    ("codec", "tree", "value"),
    [
        (WHOLE, 7, 7),
        (WHOLE, 7.0, 7),
        (WHOLE, -(2**31), -(2**31)),
        (LONG, "9007199254740993", 9007199254740993),
        (LONG, 5, 5),
        (NUMBER, 1, 1.0),
        (MASK, "labels, specText,more_base_uris", ("labels", "spec_text", "more_base_uris")),
        (MASK, "", ()),
    ],
)
def test_what_is_one_is_taken(codec: Codec, tree: Any, value: Any) -> None:
    found, problems = read(codec, tree)
    assert (found, type(found), problems) == (value, type(value), [])


@pytest.mark.parametrize(
    ("codec", "tree", "said"),
    [
        (TEXT, 5, "must be a string, not number"),
        (TEXT, None, "must be a string, not null"),
        (TEXT, ["a"], "must be a string, not array"),
        (FLAG, "true", "must be true or false, not string"),
        (FLAG, 1, "must be true or false, not number"),
        (WHOLE, True, "must be a whole number of 32 bits, not boolean"),
        (WHOLE, "7", "must be a whole number of 32 bits, not string"),
        (WHOLE, 7.5, "must be a whole number of 32 bits"),
        (WHOLE, 2**31, "must be a whole number of 32 bits"),
        (WHOLE, float("inf"), "must be a whole number of 32 bits"),
        (LONG, "9" * 5000, "must be a whole number of 64 bits"),
        (LONG, "0x10", "must be a whole number of 64 bits"),
        (LONG, "1_0", "must be a whole number of 64 bits"),
        (NUMBER, float("nan"), "must be a number"),
        (BYTES, "***", "must be bytes in base64"),
        (BYTES, "a", "must be bytes in base64"),
        (BYTES, "é", "must be bytes in base64"),
        (SECONDS, 5, "must be a duration such as `1.5s`, not number"),
    ],
)
def test_what_is_none_is_refused_by_type_alone(codec: Codec, tree: Any, said: str) -> None:
    assert read(codec, tree) == (UNSET, [said])


MODE = choice("MODE", CacheMode)


def test_a_choice_is_one_of_its_names() -> None:
    assert MODE.write(CacheMode.OFF) == "MODE_OFF"
    assert read(MODE, "MODE_OFF") == (CacheMode.OFF, [])
    assert read(MODE, "MODE_UNSPECIFIED") == (None, [])
    assert MODE.schema()["enum"] == ["MODE_HEADERS", "MODE_OVERRIDE", "MODE_OFF"]


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("MODE_OF", "MODE_OF is none of its values; did you mean `MODE_OFF`?"),
        (99, "99 is none of its values"),
        (True, "must be a string, not boolean"),
        (["MODE_OFF"], "must be a string, not array"),
    ],
)
def test_another_word_is_none(tree: Any, said: str) -> None:
    assert read(MODE, tree) == (UNSET, [said])


def test_a_long_word_is_told_in_part() -> None:
    _, (said,) = read(MODE, "x" * 10_000)
    assert len(said) < 100


def test_schemas_are_plain_json() -> None:
    schema = {"enum": (1, Decimal("1.5"), 2**70), "minimum": Decimal("-1e400")}
    assert TREE.write(schema) == {
        "enum": [1, 1.5, float(2**70)],
        "minimum": -1.7976931348623157e308,
    }
    assert [TREE.write(each) for each in (True, False)] == [{}, {"not": {}}]
