"""Which requests an answer is for."""

import pytest

from facade.caching.selection import selected_by, varying


@pytest.mark.parametrize(
    ("vary", "names"),
    [
        ("", set()),
        ("Accept, X-A", {"accept", "x-a"}),
        ("a, A,, a", {"a"}),
        ("*", None),
        (", *", None),
        ("x, *", None),
        (",".join("abcdefgh"), set("abcdefgh")),
        (",".join("abcdefghi"), None),
    ],
)
def test_vary_names_the_fields_that_choose(vary: str, names: set[str] | None) -> None:
    assert varying({"vary": vary}) == names


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("x", "1, 2", "1,2", True),
        ("x", "1,2", "2,1", False),
        ("x", "a", "A", False),
        ("x", '"a, b"', '"a,b"', False),
        ("accept-language", "en, de", "DE,en", True),
        ("accept-language", "en, de;q=0.5", "en;q=0.5, de", False),
        ("accept", "text/plain, */*", "*/*,text/plain", True),
    ],
)
def test_values_that_mean_the_same_choose_the_same(
    name: str,
    one: str,
    other: str,
    same: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert (selected_by((name,), {name: one}) == selected_by((name,), {name: other})) is same


def test_an_absent_field_is_not_an_empty_one() -> None:
    assert selected_by(("x",), {}) != selected_by(("x",), {"x": ""})
