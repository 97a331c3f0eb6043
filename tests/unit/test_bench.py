"""The pure parts of the bench: it must not report a figure that no call stands behind."""

import pytest

from tests.bench.backend import answer
from tests.bench.run import Case, _check

CASE = Case("case", 1, 1, "/m", b"", answer_bytes=100)


def report(succeeded: int, data: int) -> str:
    return f"requests: 10 total, {succeeded} succeeded, 0 failed\ntraffic: 1KB, 9KB ({data}) data\n"


def test_a_run_in_which_every_call_was_answered_counts() -> None:
    _check(CASE, report(10, 10 * 105), calls=10)


@pytest.mark.parametrize(("succeeded", "data"), [(9, 9 * 105), (10, 9 * 105), (10, 0)])
def test_a_run_in_which_a_call_failed_counts_for_nothing(succeeded: int, data: int) -> None:
    with pytest.raises(RuntimeError, match="not every call"):
        _check(CASE, report(succeeded, data), calls=10)


@pytest.mark.parametrize("size", [200, 2_000, 50_000])
def test_the_backends_answers_are_of_the_size_that_they_are_called(size: int) -> None:
    head, _, body = answer(size).partition(b"\r\n\r\n")

    assert b"content-length: %d" % len(body) in head
    assert 0.6 * size < len(body) <= size + 100
