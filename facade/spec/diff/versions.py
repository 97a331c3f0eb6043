"""The next version: of an API by semantic versioning, and of a version's id in the same way."""

import re

from facade.model.difference import Verdict

STEPS = ("major", "minor", "patch")
VERSION = re.compile(r"(v?)(0|[1-9]\d{0,8})(?:\.(0|[1-9]\d{0,8}))?(?:\.(0|[1-9]\d{0,8}))?([-+].*)?")
"""Semantic Versioning 2.0.0, where `1` and `1.0` stand too, and a `v` before it."""
VERSION_ID = re.compile(r"(v)(0|[1-9]\d{0,8})(?:-(0|[1-9]\d{0,8}))?(?:-(0|[1-9]\d{0,8}))?()")
"""An id in the same order: `v1`, `v1-2`, `v1-2-3`."""
FIRST_YEAR = 1900
"""From here on a first number is a year, which no change makes grow."""


def step_of(verdict: Verdict, *, differs: bool, adds: bool) -> str:
    """Which part grows: what breaks is major, what `adds` something is minor."""
    if verdict is not Verdict.SAFE:
        return "major"
    if adds:
        return "minor"
    return "patch" if differs else ""


def next_version(version: str, step: str) -> str:
    """The version after one; empty where it is no number, or a date."""
    return _grown(VERSION.fullmatch(version.strip()), step, ".")


def next_id(version_id: str, step: str) -> str:
    """The id after one: of `v1` it is `v2`, `v1-1` or `v1-0-1`; empty as above."""
    return _grown(VERSION_ID.fullmatch(version_id), step, "-")


def _grown(match: re.Match[str] | None, step: str, mark: str) -> str:
    if match is None or int(match[2]) >= FIRST_YEAR or step not in STEPS:
        return ""
    prefix, *texts, rest = match.groups()
    said = [int(each) for each in texts if each is not None]
    numbers = [*said, 0, 0][:3]
    place = STEPS.index(step)
    if step == "major" and numbers[0] == 0 and len(said) > 1:
        place = 1  # before 1.0.0 anything may change (Semantic Versioning, section 4)
    if not (rest or "").startswith("-") or any(numbers[place + 1 :]):
        numbers[place] += 1  # else it is what comes after its own pre-release (section 9)
    numbers[place + 1 :] = [0] * (2 - place)
    return prefix + mark.join(str(each) for each in numbers[: max(len(said), place + 1)])
