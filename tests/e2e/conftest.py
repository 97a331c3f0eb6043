"""What the tests of whole processes share."""

from pathlib import Path

import pytest

LONG = 120
"""Seconds for a test: each of its processes takes two to start, and many on a busy machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives every test here that says nothing else the time that processes take."""
    for item in items:
        here = item.path.is_relative_to(Path(__file__).parent)
        if here and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LONG))
