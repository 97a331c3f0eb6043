"""The pure parts of the bench: it must not report a figure that no call stands behind."""

import pytest

from facade.catalog.connector_file import parse
from facade.model.change import Draft
from tests.bench.backend import answer
from tests.bench.cases import Case, cases, chosen, connector
from tests.bench.load import Report, parse_report
from tests.bench.run import Measured, _figures, check

CASE = Case(name="case", method="/m", request=b"", floor="echo")
MEASURED = Measured(CASE, (1,), 1, answer_bytes=100)


def report(succeeded: int, data: int) -> Report:
    return parse_report(
        "finished in 1.5s, 6.67 req/s, 1KB/s\n"
        f"requests: 10 total, {succeeded} succeeded, 0 failed\n"
        f"traffic: 1KB, 9KB ({data}) data\n"
    )


def test_a_run_in_which_every_call_was_answered_counts() -> None:
    assert report(10, 10 * 105).rate == 6.67
    check(MEASURED, report(10, 10 * 105), calls=10)


@pytest.mark.parametrize("told", [report(9, 9 * 105), report(10, 9 * 105), report(10, 0)])
def test_a_run_in_which_a_call_failed_counts_for_nothing(told: Report) -> None:
    with pytest.raises(RuntimeError, match="not every call"):
        check(MEASURED, told, calls=10)


def test_what_h2load_does_not_say_counts_for_nothing() -> None:
    assert parse_report("") == Report(answered=0, data=0, rate=0.0)


@pytest.mark.parametrize("size", [200, 2_000, 50_000])
def test_the_backends_answers_are_of_the_size_that_they_are_called(size: int) -> None:
    head, _, body = answer(size).partition(b"\r\n\r\n")

    assert b"content-length: %d" % len(body) in head
    assert 0.6 * size < len(body) <= size + 100


def test_the_connector_has_a_version_for_every_policy() -> None:
    def nowhere(uri: str, _: str) -> Draft:
        raise AssertionError(uri)

    file = parse(connector("http://127.0.0.1:8080"), "bench.json", nowhere)

    assert {str(each) for each in file.drafts} >= {"plain", "api-key", "three-limits", "cache"}


def test_every_case_stands_behind_those_that_it_is_told_by() -> None:
    known: set[str] = {""}
    for case in cases():
        known.add(case.name)
        assert {case.floor, case.base} <= known
    assert len(known) == 1 + len(cases())


def test_a_word_chooses_its_cases_and_those_that_they_are_told_by() -> None:
    found = [case.name for case in chosen(["1 limit"])]

    assert found == ["grpc.aio echo, 200 B", "JSON, 200 B", "1 limit"]
    assert len(chosen([])) == len(cases())


def test_requests_that_differ_come_again_only_where_they_shall() -> None:
    for case in cases():
        if callable(case.request):
            again = case.name == "Redis cache hit"
            assert (case.request(0) == case.request(5_000)) is again
            assert case.request(0) != case.request(1)


def test_a_case_is_a_multiple_of_its_echo_and_so_much_over_its_call() -> None:
    def of(name: str, base: str, *costs: float) -> Measured:
        case = Case(name=name, request=b"", floor="echo", base=base)
        return Measured(case, (1,), 1, runs=[(cost, 1000.0) for cost in costs])

    measured = [of("echo", "", 90, 100, 500), of("plain", "", 300), of("limit", "plain", 340)]

    told = [(each["cpu_us"], each["ratio"], each["over"]) for each in _figures(measured)]
    assert told == [(100, 1.0, None), (300, 3.0, None), (340, 3.4, 40)]
