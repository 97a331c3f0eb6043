"""The scoreboard of a run, and which documents and judges it has."""

from pathlib import Path

import pytest

from tests.conformance.documents import CORPUS, manifest
from tests.conformance.scoreboard import Scoreboard

BOARD = pytest.StashKey[Scoreboard]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BOARD] = Scoreboard()


@pytest.fixture(scope="session")
def board(pytestconfig: pytest.Config) -> Scoreboard:
    """Where tests count."""
    return pytestconfig.stash[BOARD]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`row`: the documents of the corpus that the run is about."""
    if "row" not in metafunc.fixturenames:
        return
    chosen = [
        row
        for row in manifest()
        if metafunc.config.getoption("corpus") == "all" or row["smoke"] == "smoke"
    ]
    metafunc.parametrize("row", chosen, ids=[row["file"] for row in chosen])


@pytest.fixture
def whole(pytestconfig: pytest.Config) -> None:
    """Skips what takes longer than an ordinary run may."""
    if not (pytestconfig.getoption("corpus") or pytestconfig.getoption("judges")):
        pytest.skip("give --corpus smoke, --corpus all or --judges DIR")


@pytest.fixture
def judges(pytestconfig: pytest.Config) -> Path:
    """The node_modules with Steady and Prism."""
    folder: Path | None = pytestconfig.getoption("judges")
    if folder is None:
        pytest.skip("give --judges DIR: a node_modules with @stdy/cli and @stoplight/prism-cli")
    return folder.resolve()


@pytest.fixture
def document(row: dict[str, str]) -> Path:
    """The file of a row."""
    return CORPUS / row["file"]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints the table, and writes the page where that was asked for."""
    scoreboard = config.stash[BOARD]
    lines = list(scoreboard.lines())
    if lines:
        terminalreporter.section("conformance")
        terminalreporter.write_line("\n".join(lines))
    if lines and config.getoption("record"):
        scoreboard.record()
