"""The pure parts of the bench: it must not report a figure that no call stands behind."""

import json
from itertools import pairwise

import pytest

from facade.catalog.connector_file import parse
from facade.model.change import Draft
from facade.spec.examination import examine
from facade.spec.limits import Limits
from tests.bench import orders
from tests.bench.backend import FIRST, SIZES, answer
from tests.bench.bars import Bar, bars, judge, needed, wanted
from tests.bench.cases import REMEMBERED, Case, cases, chosen, floors
from tests.bench.client import OK, WRONG
from tests.bench.contents import connector, through, wide_document
from tests.bench.counted import LIBRARY, ROOT, part_of
from tests.bench.measure import Measured, Run, check
from tests.bench.place import Server, Setup
from tests.bench.probes.bytecodes import summary
from tests.bench.probing import PROBES
from tests.bench.scale import QUICK, SHORT, WHOLE
from tests.bench.table import bar_lines, case_lines, left_out, rows


def nowhere(uri: str, _: str) -> Draft:
    raise AssertionError(uri)


def a_case(name: str, *costs: float, envoy: str = "") -> Measured:
    case = Case(name=name, setup=Setup(), orders=orders.echo(200), envoy=envoy)
    return Measured(case, Server((1,), 1), runs=[Run(cost, 1000.0, 0.001) for cost in costs])


def test_a_run_in_which_every_call_was_answered_counts() -> None:
    check("case", {OK: 10}, calls=10)


@pytest.mark.parametrize("told", [{OK: 9}, {OK: 9, WRONG: 1}, {OK: 9, 14: 1}, {}])
def test_a_run_in_which_a_call_failed_counts_for_nothing(told: dict[int, int]) -> None:
    with pytest.raises(RuntimeError, match="not every call"):
        check("case", told, calls=10)


@pytest.mark.parametrize("size", SIZES)
def test_the_backends_answers_are_of_the_size_that_they_are_called(size: int) -> None:
    before, after = answer(size)
    head, _, start = (before + b"%d" % FIRST + after).partition(b"\r\n\r\n")

    assert b"content-length: %d" % len(start) in head
    assert 0.7 * size < len(start) <= size + 100


def test_the_gateways_take_the_connectors_of_the_bench() -> None:
    direct = parse(connector("http://127.0.0.1:8080"), "bench.json", nowhere)
    indirect = parse(through("http://127.0.0.1:8080"), "bench.json", nowhere)

    versions = {each.setup.facade: set[str]() for each in cases()}
    for case in cases():
        name = case.orders(0)[0].partition(b"/versions/")[2].partition(b"/")[0]
        if case.setup.kind == "gateway" and case.method == orders.EXECUTE:
            versions[case.setup.facade].add(name.decode())
    assert versions[False] <= {str(each) for each in direct.drafts}
    assert versions[True] <= {str(each) for each in indirect.drafts}


def test_a_wide_document_has_as_many_operations_as_it_says() -> None:
    examination = examine(json.dumps(wide_document(20)).encode(), Limits())

    assert len(examination.spec) == 20
    assert not examination.spec.problems()


def test_every_case_and_probe_has_a_name_of_its_own_and_what_it_is_told_by_is_there() -> None:
    names = [case.name for case in cases()]

    assert len(set(names)) == len(names)
    assert not {probe.name for probe in PROBES} & set(names)
    for case in cases():
        assert {*floors(case), case.envoy or case.name} <= set(names)


def test_a_word_chooses_its_cases_and_those_that_they_are_told_by() -> None:
    found = [case.name for case in chosen(["1 limit, grpcio"])]

    assert found == [
        "echo, 200 B, native",
        "echo, 200 B, grpcio",
        "Envoy, 200 B",
        "1 limit, grpcio",
    ]
    assert len(chosen([""])) == len(cases())


def test_calls_differ_but_where_they_shall_come_again() -> None:
    for case in cases():
        again = "hit" in case.name or case.method == orders.LIST
        every = case.orders(0), case.orders(REMEMBERED["200 B"] // 2), case.orders(1)
        if not again:
            assert len({request for request, _ in every}) == 3
            assert len({expected for _, expected in every}) == 3
        elif "50 kB" not in case.name:
            assert case.orders(0) == case.orders(REMEMBERED["200 B"])


def test_what_an_answer_must_have_in_it_is_of_its_call_alone() -> None:
    for form in (orders.text, orders.double, orders.varint):
        assert form(FIRST) not in form(FIRST + 1)
    assert orders.varint(300) == b"\xac\x02"


def test_a_case_is_a_multiple_of_envoy_and_of_both_echoes() -> None:
    measured = [
        a_case("echo, 200 B, grpcio", 90, 100, 500),
        a_case("echo, 200 B, native", 20),
        a_case("Envoy, 200 B", 50),
        a_case("call", 40, envoy="Envoy, 200 B"),
        a_case("other", 40, envoy="Envoy, 2 kB"),
    ]

    found = {row["case"]: row for row in rows(measured)}
    assert found["call"] == {
        "case": "call",
        "cpu_us": 40,
        "rate": 1000,
        "envoy": 0.8,
        "grpcio_echo": 0.4,
        "native_echo": 2.0,
    }
    assert found["other"]["envoy"] is None
    assert len(case_lines(rows(measured))) == 1 + len(measured)


@pytest.mark.parametrize(
    ("figures", "reached", "word"),
    [
        ({"a": 2.0, "b": 4.0}, 0.5, "held"),
        ({"a": 4.0, "b": 4.0}, 1.0, "missed"),
        ({"a": 4.0}, None, "not run"),
    ],
)
def test_a_bar_is_held_missed_or_not_run(
    figures: dict[str, float], reached: float | None, word: str
) -> None:
    bar = Bar(id="P0", text="a : b", of="a", over="b", most=0.9)

    verdict = judge(bar, figures)
    assert (verdict.reached, verdict.word) == (reached, word)
    assert word in bar_lines([verdict])[1]


def test_a_bar_gives_way_by_the_slack_to_either_side() -> None:
    most = Bar(id="P0", text="", of="a", most=1.0)
    least = Bar(id="P0", text="", of="a", least=2.0)

    assert [judge(most, {"a": 1.4}, slack).word for slack in (1.0, 1.5)] == ["missed", "held"]
    assert [judge(least, {"a": 1.4}, slack).word for slack in (1.0, 1.5)] == ["missed", "held"]


def test_there_is_a_bar_for_each_row_and_all_that_it_is_made_of_is_measured() -> None:
    assert {bar.id for bar in bars()} == {f"P{number}" for number in range(1, 16)}
    for bar in bars():
        names, probes = needed([bar])
        missing = set(bar.needs).difference(names)
        assert {name.partition(": ")[0] for name in missing} == set(probes)
    assert [bar.id for bar in wanted(["P5"])] == ["P5"]


def test_what_is_left_out_is_told_by_its_reason() -> None:
    assert left_out({"a": "no envoy", "b": "no envoy"}) == ["no envoy: 2 (a, ...)"]


def test_each_scale_is_smaller_than_the_one_before() -> None:
    for larger, smaller in pairwise((WHOLE, QUICK, SHORT)):
        assert larger.calls > smaller.calls
        assert larger.minute > smaller.minute


def test_bytecodes_are_told_by_part_of_the_house() -> None:
    files = {
        f"{ROOT}/facade/policy/cache/cache.py": "facade.policy",
        f"{ROOT}/facade/engine.py": "facade",
        f"{ROOT}/.venv/lib/site-packages/sqlalchemy/engine/base.py": "sqlalchemy",
        "/lib/python3.11/site-packages/six.py": "six",
        "/lib/python3.11/asyncio/tasks.py": LIBRARY,
        "<string>": LIBRARY,
    }
    assert {file: part_of(file) for file in files} == files


def test_parts_with_few_bytecodes_are_told_together() -> None:
    told = {"a": (4_900, 5), "b": (90_000, 300), "c": (50_000, 95), "d": (100, 0)}

    assert list(summary(told).items()) == [
        ("bytecodes", 1450.0),
        ("frames", 4.0),
        ("b", 900.0),
        ("c", 500.0),
        ("others", 50.0),
    ]
