"""Priorities, as RFC 9218 spells them."""

import pytest

from facade.policy.overload.priority import Priority, priority_of


@pytest.mark.parametrize(
    ("field", "priority"),
    [
        ("u=0", Priority.CRITICAL),
        ("u=1, i", Priority.CRITICAL),
        ("i, u=2", Priority.NORMAL),
        ("u=3", Priority.NORMAL),
        ("u=4", Priority.BATCH),
        ("u=7;x=1", Priority.BATCH),
        ("", Priority.NORMAL),
        ("u=8", Priority.NORMAL),
        ("u=-1", Priority.NORMAL),
        ("u=10", Priority.NORMAL),
        ("menu=0", Priority.NORMAL),
        ("u = 0", Priority.NORMAL),
        ("critical", Priority.NORMAL),
    ],
)
def test_the_urgency_says_the_priority_and_what_cannot_be_read_says_nothing(
    field: str, priority: Priority
) -> None:
    assert priority_of(field) is priority
