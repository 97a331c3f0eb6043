"""Watching runs has an end: each watcher asks the ledger again and again."""

from contextlib import ExitStack

import pytest

from facade.errors.events import TooManyWatchers
from facade.flows.running.watchers import MOST, OF_TENANT, Watchers


def test_a_tenant_has_so_many_watchers_and_others_still_may() -> None:
    watchers = Watchers()
    with ExitStack() as stack:
        for _ in range(OF_TENANT):
            stack.enter_context(watchers.one("shop"))
        with pytest.raises(TooManyWatchers), watchers.one("shop"):
            pass
        with watchers.one("bank"):
            pass
    with watchers.one("shop"):
        pass


def test_a_process_has_so_many_watchers_in_all() -> None:
    watchers = Watchers()
    with ExitStack() as stack:
        for number in range(MOST):
            stack.enter_context(watchers.one(f"t{number % 20}"))
        with pytest.raises(TooManyWatchers), watchers.one("shop"):
            pass
