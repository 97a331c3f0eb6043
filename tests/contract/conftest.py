"""The door to a gateway is the same on both engines: what is told at it is tested on both."""

import pytest

from tests.carriers import EVERY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test whose door names `engine` runs on each, or on the one that `--engine` asks for."""
    if "engine" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--engine")
        metafunc.parametrize("engine", (asked,) if asked else EVERY, scope="module")
