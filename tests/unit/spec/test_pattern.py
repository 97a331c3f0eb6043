"""Patterns of ECMA-262 for an engine that runs in linear time."""

import time

import jsonschema_rs
import pytest

from facade.spec.schemas.pattern import MAX_PATTERN, linear


def matches(pattern: str, text: str) -> bool:
    turned = linear(pattern)
    assert turned is not None
    options = jsonschema_rs.RegexOptions()
    validator = jsonschema_rs.Draft202012Validator({"pattern": turned}, pattern_options=options)
    return bool(validator.is_valid(text))


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        (r"^\d+$", "12", "1a"),
        (r"^\d$", "1", "\u0967"),
        (r"^\w$", "a", "\u00e9"),
        (r"^\/a$", "/a", "a"),
        (r"^\u00e9$", "\u00e9", "e"),
        (r"^\u{1F600}$", "\U0001f600", "x"),
        (r"^\ud83d\ude00$", "\U0001f600", "x"),
        (r"^\p{L}+$", "\u00e9\u00df", "1"),
        (r"^\p{Script=Greek}$", "\u03b1", "a"),
        (r"^(?<word>a)b$", "ab", "b"),
        (r"^[\w-.]+$", "a-b.c", "a b"),
        (r"^[\w.-]+$", "a-b.c", "a b"),
        (r"^[a-\d]$", "-", "b"),
        (r"^[-a]$", "-", "b"),
        (r"^[[\]]$", "[", "a"),
        (r"^[a&&b]$", "&", "c"),
        (r"^[a~~]$", "~", "b"),
        (r"^[^^]$", "a", "^"),
        (r"^[^]$", "\n", ""),
        (r"^[\b]$", "\b", "b"),
        (r"^\0$", "\0", "0"),
        (r"^\cA$", "\x01", "A"),
        (r"^a{2,3}$", "aa", "a"),
        (r"^{a}$", "{a}", "a"),
        (r"^x{$", "x{", "x"),
        (r"^a]$", "a]", "a"),
        (r"^\<a\>$", "<a>", "a"),
        (r"^a\ b$", "a b", "ab"),
        (r"/^a$/", "a", "b"),
        (r"\Aa\z", "a", "ba"),
        (r"^a\Z", "a", "a\n"),
        (r"^\x41$", "A", "B"),
        ("^\\\u00e9$", "\u00e9", "e"),
    ],
)
def test_b19_a_pattern_means_what_ecma_262_says(pattern: str, right: str, wrong: str) -> None:
    assert matches(pattern, right)
    assert not matches(pattern, wrong)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        "(?!a)b",
        "(?<=a)b",
        "(?<!a)b",
        r"(a)\1",
        r"(?<a>b)\k<a>",
        "(?#x)",
        "(?>a)",
        "a{,3}",
        r"\h",
        r"\Qa\E",
        r"[[:alpha:]]",
        r"[\B]",
        r"[\1]",
        r"\ud83d",
        "(",
        "[a",
        "a\\",
        "[z-a]",
        "(a{1,1000}){1,1000}",
        "a" * (MAX_PATTERN + 1),
    ],
)
def test_h14_what_cannot_be_run_in_linear_time_or_is_unknown_is_none(pattern: str) -> None:
    assert linear(pattern) is None


def test_nothing_matches_an_empty_class() -> None:
    assert not matches("[]", "a")


def test_a_pattern_of_two_thousand_signs_is_read_at_once() -> None:
    start = time.perf_counter()
    for pattern in ("(" * MAX_PATTERN, "[" * MAX_PATTERN, "\\" * MAX_PATTERN, "{" * MAX_PATTERN):
        linear(pattern)
    assert time.perf_counter() - start < 1
