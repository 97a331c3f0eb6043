"""The largest documents there are: read, held and called within bounds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.documents import CORPUS, manifest
from tests.conformance.scoreboard import Scoreboard

ROOT = Path(__file__).resolve().parents[2]
LARGEST = max(
    (CORPUS / row["file"] for row in manifest() if row["files"] == "1"),
    key=lambda path: path.stat().st_size,
    default=None,
)
SECONDS_PER_MB = 0.6
MEGABYTES_PER_MB = 45
"""Of memory, at its highest, for each megabyte of a document."""
FIRST_CALL = 0.5


@pytest.mark.timeout(120)
@pytest.mark.parametrize("which", ["corpus", "github"])
def test_a_large_document_costs_little(
    which: str, pytestconfig: pytest.Config, board: Scoreboard
) -> None:
    path = LARGEST if which == "corpus" else pytestconfig.getoption("github")
    if path is None:
        pytest.skip("no corpus" if which == "corpus" else "give --github FILE")
    found = figures(path)
    size = path.stat().st_size / 1e6
    passed = (
        found["publish"] < max(2.0, SECONDS_PER_MB * size)
        and found["megabytes"] < max(100, MEGABYTES_PER_MB * size)
        and found["first"] < FIRST_CALL
    )
    board.count("large", "" if passed else "beyond the bounds")
    board.measure(
        "large",
        f"{path.name}, {size:.1f} MB, {found['operations']} operations: published in "
        f"{found['publish']:.1f} s, {found['megabytes']:.0f} MB at most, first call "
        f"{1000 * found['first']:.0f} ms",
    )
    assert passed, found


def figures(path: Path) -> dict[str, float]:
    """What it costs in a process of its own."""
    done = subprocess.run(  # noqa: S603 - this interpreter, a module of ours
        [sys.executable, "-m", "tests.conformance.measure", str(path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=100,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
