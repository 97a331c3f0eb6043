import random
from dataclasses import replace

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

from facade.telemetry.instruments import BOUNDARIES, CALLS, RETRIES, RPC_SERVER_DURATION
from facade.telemetry.tally import OTHER, Counts, Timings

TWO = replace(RETRIES, most=2)


def text(tallies: Counts | Timings) -> str:
    registry = CollectorRegistry()
    registry.register(tallies)
    return generate_latest(registry).decode()


def test_what_is_told_is_what_prometheus_own_histogram_tells() -> None:
    chance = random.Random(1)  # noqa: S311 - the same numbers in every run
    registry, what = CollectorRegistry(), RPC_SERVER_DURATION
    reference = Histogram(
        what.exposed, what.text, what.labels, buckets=BOUNDARIES, registry=registry
    )
    timings = Timings(what)
    edges = [*BOUNDARIES, 0.0, -1.0, 1e9, float("inf")]
    waiting = [*edges, *(chance.expovariate(2) for _ in range(500))]
    chance.shuffle(waiting)
    while waiting:
        labels = chance.choice(["a", "b"]), "OK"
        many = [waiting.pop() for _ in range(min(chance.randint(1, 20), len(waiting)))]
        for seconds in many:
            reference.labels(*labels).observe(seconds)
        timings.of(labels).add(many)

    lines = generate_latest(registry).decode().splitlines()
    assert text(timings).splitlines() == [line for line in lines if "_created" not in line]


def test_what_is_told_is_what_prometheus_own_counter_tells() -> None:
    registry, what = CollectorRegistry(), CALLS
    reference = Counter(what.exposed, what.text, what.labels, registry=registry)
    counts = Counts(what)
    for labels in (("a", "v1", "x", "OK", ""), ("b", "v1", "x", "OK", "")):
        reference.labels(*labels).inc(3)
        counts.of(labels).value += 3

    lines = generate_latest(registry).decode().splitlines()
    assert text(counts).splitlines() == [line for line in lines if "_created" not in line]


def test_before_anything_was_counted_the_name_is_told_alone() -> None:
    lines = text(Counts(RETRIES)).splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["#", "HELP", "portico_retries_total"],
        ["#", "TYPE", "portico_retries_total"],
    ]


def test_what_does_not_fit_counts_together() -> None:
    counts = Counts(TWO)
    for name in "abcda":
        counts.of((name, "v1")).value += 1

    told = {labels[0]: number.value for labels, number in counts.found()}
    assert told == {"a": 2, "b": 1, OTHER: 2}
