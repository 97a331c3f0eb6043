"""Outages: told of once, for as long as they last."""

import pytest

from facade.telemetry.outage import Outage


def test_only_the_first_failure_after_a_success_is_told() -> None:
    told: list[str] = []
    outage = Outage(lambda problem: told.append(str(problem)))
    for turn, works in enumerate((True, False, False, True, False)):
        with outage.noted(KeyError):
            if not works:
                raise KeyError(turn)
        assert outage.lasts is not works

    assert told == ["1", "4"]


def test_a_failure_of_another_kind_goes_on_and_changes_nothing() -> None:
    told: list[Exception] = []
    outage = Outage(told.append)
    with pytest.raises(ValueError, match="a bug"), outage.noted(KeyError):
        raise ValueError("a bug")

    assert not told
    assert not outage.lasts
