"""openapi3-examples: what passes can be called, what fails is reported, nothing crashes."""

from pathlib import Path

import pytest

from facade.errors.caller import InvalidSpec
from facade.spec.load import load
from facade.spec.report import report
from facade.spec.spec import Spec
from tests.conformance.documents import SUITES
from tests.conformance.exceptions import NO_DOCUMENTS, UNREPORTED
from tests.conformance.scoreboard import Scoreboard

FOLDER = SUITES / "openapi3-examples"
SUFFIXES = {".json", ".yaml", ".yml"}
ODD = ("malicious", "partial", "resources")

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="openapi3-examples is absent")


def listed(*verdicts: str) -> list[str]:
    """The files of some folders, by their paths in the suite."""
    found = (each for verdict in verdicts for each in FOLDER.glob(f"*/{verdict}/**/*"))
    return sorted(str(each.relative_to(FOLDER)) for each in found if each.suffix in SUFFIXES)


def actions(path: Path) -> int:
    """How many actions a document has, all of them compiled."""
    spec = Spec(load(path.read_bytes())[0])
    return len([spec.action(each).input_schema for each in spec.ids])


@pytest.mark.parametrize("name", listed("pass"))
def test_a_document_that_passes_loads(name: str, board: Scoreboard) -> None:
    if name in NO_DOCUMENTS:
        with pytest.raises(InvalidSpec):
            actions(FOLDER / name)
    else:
        assert actions(FOLDER / name) >= 0
        board.count("openapi3-pass")


@pytest.mark.parametrize("name", listed("fail"))
def test_a_document_that_fails_is_reported(name: str, board: Scoreboard) -> None:
    problems = told(FOLDER / name)
    reason = UNREPORTED.get(name, "")
    board.count("openapi3-fail", reason or ("" if problems else "not reported"))
    assert bool(problems) != bool(reason)


@pytest.mark.parametrize("name", listed(*ODD))
def test_a_hostile_or_partial_document_is_read_or_refused(name: str) -> None:
    assert told(FOLDER / name) >= 0


def told(path: Path) -> int:
    """How many problems a document has; its refusal is one, and nothing else may come of it."""
    try:
        actions(path)
        return len(report(path.read_bytes()))
    except InvalidSpec as refused:
        return len(refused.details.violations) or -1
