"""Real documents: every operation called with an independent mock server as the backend."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from facade.model.action import Action
from tests.conformance.arguments import arguments_for
from tests.conformance.campaign import Published, an_open_door, credentials, publish
from tests.conformance.documents import manifest, read_tree
from tests.conformance.echo import IMPOSSIBLE, key_of
from tests.conformance.exceptions import JUDGED, NOT_STARTED
from tests.conformance.judges import (
    Judge,
    NoVerdict,
    a_judge,
    complaints_of_prism,
    complaints_of_steady,
)
from tests.conformance.keywords import Impossible
from tests.conformance.quirks import PRISM, STEADY, Verdict, reason_of
from tests.conformance.sampling import Taste
from tests.conformance.scoreboard import Scoreboard

TASTE = Taste(nulls=False)
"""Editions differ in what null may stand beside, and so do judges."""

pytestmark = pytest.mark.skipif(not manifest(), reason="no corpus")

Verdicts = dict[str, str]
"""By operation: nothing where the request was accepted, else why the complaint does not count, or
the complaint itself behind an exclamation mark."""


@pytest.mark.timeout(600)
async def test_every_request_is_accepted_by_an_independent_judge(
    row: dict[str, str],
    document: Path,
    judges: Path,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    board: Scoreboard,
) -> None:
    if "/" in row["file"]:
        pytest.skip("a document of one sound file")
    steady = row["openapi"] != "2.0"
    suite = "steady" if steady else "prism"
    resume: Path | None = pytestconfig.getoption("resume")
    found = said_before(resume, row["file"])
    if found is None:
        try:
            async with a_judge(judges, document, steady=steady) as judge:
                found = await judged(judge, document, tmp_path, steady=steady)
        except NoVerdict as silent:
            assert row["file"] in NOT_STARTED
            pytest.skip(f"{suite}: {silent}")
        remember(resume, row["file"], found)
    expected = {key: reason for (stem, key), reason in JUDGED.items() if stem == document.stem}
    for key, reason in found.items():
        if reason.startswith("!"):
            board.count(suite, expected.get(key, "unexplained"))
        elif reason:
            board.set_aside(suite, reason)
        else:
            board.count(suite)
    wrong = {key: reason for key, reason in found.items() if reason.startswith("!")}
    assert wrong.keys() == expected.keys(), wrong


async def judged(judge: Judge, document: Path, folder: Path, *, steady: bool) -> Verdicts:
    """Calls every action of the document once."""
    # Steady knows no security, and takes a key in the query for an unknown parameter.
    signed = {} if steady else {"credentials": credentials(read_tree(document))}
    async with an_open_door(folder) as door:
        published = await publish(door, "judged", document, judge.origin, **signed)
        return {
            key_of(each): await verdict(published, judge, each, steady=steady)
            for each in published.actions
        }


async def verdict(published: Published, judge: Judge, action: Action, *, steady: bool) -> str:
    """Of one call."""
    try:
        given = arguments_for(action, taste=TASTE)
    except Impossible:
        return f"! {IMPOSSIBLE}"
    judge.heard.clear()
    answer = await published.call(action, given.arguments)
    if not judge.heard:
        return f"! not sent: {answer.error.message}"
    heard = judge.heard[-1]
    found = complaints_of_steady(heard, action.path) if steady else complaints_of_prism(heard)
    reasons = []
    for each in found:
        one = Verdict(action=action, heard=heard, complaint=each, media_type=given.media_type)
        reasons.append(reason_of(one, STEADY if steady else PRISM))
        if not reasons[-1]:
            return f"! {each}"
    return next(iter(reasons), "")


def said_before(resume: Path | None, name: str) -> Verdicts | None:
    """What the file of an earlier run has for a document."""
    if resume is None or not resume.exists():
        return None
    lines = map(json.loads, resume.read_text().splitlines())
    return next((each["verdicts"] for each in lines if each["file"] == name), None)


def remember(resume: Path | None, name: str, found: Mapping[str, str]) -> None:
    if resume is not None:
        with resume.open("a") as lines:
            lines.write(json.dumps({"file": name, "verdicts": found}) + "\n")
