import random
import re
from threading import Thread

import pytest
from msgspec.structs import replace

from facade.errors.caller import ActionNotFound
from facade.errors.fault import Code
from facade.errors.service import QuotaExceeded
from facade.telemetry import instruments as table
from facade.telemetry.instrument import Instrument, Kind
from facade.telemetry.instruments import BOUNDARIES, READ, RECORDED
from facade.telemetry.meters import Answered, Called, Meters, Tried
from facade.telemetry.recording import MOST, Recording
from facade.telemetry.spans import Recorded, Tracing
from facade.telemetry.tally import OTHER

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"

OK = Called("pets", "v1", "getPet", "OK", "", "", "miss")


class Sink:
    def add(self, span: Recorded) -> None:
        """Forgets it."""


def text(recording: Meters, accept: str = "") -> str:
    return recording.expose(accept)[1].decode()


def series(recording: Meters) -> list[str]:
    return [line for line in text(recording).splitlines() if line and line[0] != "#"]


def number(recording: Meters, name: str) -> float:
    found = [line for line in series(recording) if line.startswith(f"{name} ")]
    assert len(found) == 1, (name, found)
    return float(found[0].rpartition(" ")[2])


def test_a_call_is_counted_and_timed_by_what_it_came_to() -> None:
    recording = Recording()
    for seconds in (0.004, 0.3):
        recording.began(stream=False)
        recording.ended(OK, seconds)

    calls = 'portico_calls_total{action="getPet",code="OK",connector="pets",reason="",version="v1"}'
    assert number(recording, calls) == 2
    labels = 'code="OK",connector="pets",domain=""'
    bucket = "portico_call_duration_seconds_bucket"
    assert number(recording, f'{bucket}{{{labels},le="0.005",version="v1"}}') == 1
    assert number(recording, f'{bucket}{{{labels},le="0.5",version="v1"}}') == 2
    assert number(recording, f'portico_call_duration_seconds_count{{{labels},version="v1"}}') == 2
    outcome = 'portico_cache_outcomes_total{cache_status="miss",connector="pets"}'
    assert number(recording, outcome) == 2


def test_what_was_told_many_times_is_whole_whenever_and_in_whatever_thread_somebody_looks() -> None:
    recording = Recording()
    calls = 'portico_calls_total{action="getPet",code="OK",connector="pets",reason="",version="v1"}'
    for told in range(1, 3 * MOST):
        recording.ended(OK, 0.004)
        if told % 70 == 0:
            assert number(recording, calls) == told

    found: list[float] = []

    def look() -> None:
        samples = [each for metric in recording.collect() for each in metric.samples]
        found.extend(each.value for each in samples if each.name == "portico_calls_total")

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert found == [3 * MOST - 1]


def test_calls_told_while_another_thread_looks_are_all_counted_once() -> None:
    recording = Recording()
    looked = [Thread(target=recording.collect) for _ in range(50)]
    for thread in looked:
        thread.start()
        for _ in range(200):
            recording.ended(OK, 0.004)
    for thread in looked:
        thread.join()

    labels = 'code="OK",connector="pets",domain="",version="v1"'
    assert number(recording, f"portico_call_duration_seconds_count{{{labels}}}") == 10_000


def test_what_a_limit_refused_counts_as_refused() -> None:
    recording = Recording()
    recording.began(stream=False)
    refused = replace(OK, code="RESOURCE_EXHAUSTED", domain="gateway", reason=QuotaExceeded.reason)
    recording.ended(refused, 0.001)

    assert number(recording, 'portico_limit_refusals_total{connector="pets"}') == 1


def test_calls_and_streams_under_way_are_told() -> None:
    recording = Recording()
    recording.began(stream=False)
    recording.began(stream=True)
    assert number(recording, "portico_calls_under_way") == 2
    assert number(recording, "portico_streams_under_way") == 1

    recording.ended(replace(OK, stream=True), 1.0)
    assert number(recording, "portico_calls_under_way") == 1
    assert number(recording, "portico_streams_under_way") == 0


def test_each_try_is_timed_and_those_beyond_the_first_are_retries() -> None:
    recording = Recording()
    recording.tried(Tried("GET", "pets", "v1", 0, "BACKEND_UNREACHABLE"), 0.01)
    recording.tried(Tried("GET", "pets", "v1", 200, "", again=True), 0.02)

    labels = 'connector="pets",error_type="BACKEND_UNREACHABLE",http_request_method="GET"'
    count = "http_client_request_duration_seconds_count"
    assert number(recording, f'{count}{{{labels},http_response_status_code="",version="v1"}}') == 1
    assert number(recording, 'portico_retries_total{connector="pets",version="v1"}') == 1


def test_rpcs_and_requests_are_timed() -> None:
    recording = Recording()
    recording.rpc("gateway.v1.GatewayService/ExecuteAction", Code.NOT_FOUND, 0.1)
    recording.http(Answered("GET", "/v1/connectors", 200, ""), 0.1)

    told = text(recording)
    assert 'rpc_response_status_code="NOT_FOUND"} 1.0' in told
    assert 'http_route="/v1/connectors"' in told


def test_l12_a_million_random_labels_would_make_no_more_than_10_000_series() -> None:
    recording = Recording()
    chance = random.Random(12)  # noqa: S311 - no secret

    def word() -> str:
        return f"w{chance.randrange(10**6)}"

    for _ in range(3_000):
        recording.began(stream=False)
        recording.ended(Called(word(), word(), word(), word(), word(), word(), word()), 0.01)
        recording.tried(Tried("GET", word(), word(), chance.randrange(600), word()), 0.01)
        recording.rpc(word(), Code.OK, 0.01)
        recording.http(Answered("GET", word(), 200, word()), 0.01)
    for each in READ:
        if each.attributes and each is not table.CALLS_UNDER_WAY:
            width = len(each.attributes)
            readings = {tuple(word() for _ in range(width)): 1.0 for _ in range(500)}
            recording.watch(each, readings.copy)

    found = series(recording)
    assert 5_000 < len(found) <= 10_000
    assert f'portico_calls_total{{action="{OTHER}",code="{OTHER}"' in "\n".join(found)


def test_what_does_not_fit_counts_together_and_what_was_known_stays_known() -> None:
    recording = Recording()
    for place in range(table.CALL_DURATION.most + 5):
        recording.ended(replace(OK, connector=f"c{place}"), 0.01)
    recording.ended(replace(OK, connector="c0"), 0.01)

    count = "portico_call_duration_seconds_count"
    known = f'{count}{{code="OK",connector="c0",domain="",version="v1"}}'
    folded = f'{count}{{code="{OTHER}",connector="{OTHER}",domain="{OTHER}",version="{OTHER}"}}'
    assert number(recording, known) == 2
    assert number(recording, folded) == 5


def test_an_exemplar_leads_to_the_trace_of_a_call_that_is_recorded() -> None:
    recording = Recording()
    with Tracing(Sink()).server("in", {}) as span:
        recording.ended(OK, 0.2)

    told = text(recording, OPEN_METRICS)
    assert f'# {{span_id="{span.span_id}",trace_id="{span.trace_id}"}} 0.2' in told


@pytest.mark.parametrize("kept", [True, False])
def test_a_call_that_nobody_records_or_can_keep_leaves_no_exemplar(*, kept: bool) -> None:
    recording = Recording(exemplars=kept)
    tracing = Tracing() if kept else Tracing(Sink())
    with tracing.server("in", {}):
        recording.ended(OK, 0.2)

    assert "trace_id" not in text(recording, OPEN_METRICS)


def test_a_part_is_asked_whenever_somebody_looks() -> None:
    recording = Recording()
    taken: dict[tuple[str, ...], float] = {("pets", "v1"): 3.0}
    recording.watch(table.BULKHEAD_PLACES, lambda: taken)
    places = 'portico_bulkhead_places{connector="pets",version="v1"}'
    assert number(recording, places) == 3

    taken.clear()
    assert number(recording, places) == 0


def test_a_part_that_counts_by_itself_is_followed() -> None:
    recording = Recording()
    counted: dict[tuple[str, ...], float] = {(): 5.0}
    recording.watch(table.LEDGER_ERRORS, lambda: counted)
    assert number(recording, "portico_ledger_errors_total") == 5

    counted[()] = 7.0
    assert number(recording, "portico_ledger_errors_total") == 7
    assert number(recording, "portico_ledger_errors_total") == 7


def test_meters_that_nobody_asked_for_have_nothing_to_tell() -> None:
    meters = Meters()
    meters.began(stream=False)
    meters.ended(OK, 0.1)
    meters.watch(table.LEDGER_ERRORS, lambda: {(): 1.0})

    assert series(meters) == []


def test_no_number_of_the_table_can_have_more_series_than_all_together_may() -> None:
    wide = {Kind.HISTOGRAM: len(BOUNDARIES) + 3, Kind.COUNTER: 1, Kind.GAUGE: 1}
    most = sum(
        wide[each.kind] * (each.most + 1 if each.attributes else 1) for each in RECORDED + READ
    )
    assert most <= 10_000


@pytest.mark.parametrize("each", [*RECORDED, *READ], ids=lambda each: each.name)
def test_names_are_those_that_prometheus_takes(each: Instrument) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", each.exposed)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) for label in each.labels)
    assert len(set(each.labels)) == len(each.labels)
    assert each.text.endswith(".")


def test_an_unknown_action_is_no_label() -> None:
    assert ActionNotFound.reason == "ACTION_NOT_FOUND"
    recording = Recording()
    recording.ended(Called(code="NOT_FOUND", domain="gateway", reason=ActionNotFound.reason), 0.01)

    assert 'action="",code="NOT_FOUND",connector="",reason="ACTION_NOT_FOUND"' in text(recording)
