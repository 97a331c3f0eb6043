"""HTTP dates."""

import pytest

from facade.caching.dates import format_date, parse_date

NOW = 1_790_000_000.0  # September 2026
SHOWN = 784111777.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", SHOWN),
        ("Sunday, 06-Nov-94 08:49:37 GMT", SHOWN),
        ("Sun Nov  6 08:49:37 1994", SHOWN),
        ("sun, 06 nov 1994 08:49:37 gmt", SHOWN),
        ("Thursday, 18-Aug-50 02:01:18 GMT", 2544400878.0),
        ("Thursday, 18-Aug-77 02:01:18 GMT", 240717678.0),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800.0),
        ("0", None),
        ("", None),
        ("-1", None),
        ("Sun, 06 Nov 1994 08:49:37 UTC", None),
        ("Sun, 31 Feb 2026 08:49:37 GMT", None),
        ("Sun, 06 Foo 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 24:49:37 GMT", None),
        ("Sun, 6 Nov 1994 08:49:37 GMT", None),
        ("Sun 06 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", None),
    ],
)
def test_the_three_forms_are_read_and_no_other(text: str, seconds: float | None) -> None:
    assert parse_date(text, NOW) == seconds


def test_a_date_is_written_in_the_first_form() -> None:
    assert format_date(SHOWN) == "Sun, 06 Nov 1994 08:49:37 GMT"
