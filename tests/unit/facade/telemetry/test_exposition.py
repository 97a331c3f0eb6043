import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from facade.telemetry.exposition import exposed
from facade.telemetry.meters import Called
from facade.telemetry.recording import Recording
from facade.telemetry.timing import server_timing

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
"""What a Prometheus server accepts."""


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0"),
        (PROMETHEUS, "application/openmetrics-text; version=1.0.0"),
    ],
)
def test_a_form_is_chosen_that_the_reader_takes(accept: str, kind: str) -> None:
    registry = CollectorRegistry()
    Counter("seen", "Things seen.", registry=registry).inc()

    content_type, body = exposed(registry, accept)

    assert content_type.startswith(kind)
    assert b"seen_total 1.0" in body
    assert body.endswith(b"# EOF\n") == ("openmetrics" in kind)


@pytest.mark.parametrize(("accept", "parse"), [("", plain), (PROMETHEUS, open_metrics)])
def test_what_is_exposed_can_be_read_whatever_stands_in_a_label(accept: str, parse: object) -> None:
    assert callable(parse)
    recording = Recording()
    odd = 'a"b\\c\nd é'
    recording.ended(Called("pets", odd, "x", "OK"), 0.1)

    text = recording.expose(accept)[1].decode()

    found = [
        sample
        for family in parse(text)
        for sample in family.samples
        if sample.name == "portico_calls_total"
    ]
    assert [each.labels["version"] for each in found] == [odd]


def test_timings_are_told_in_the_words_of_the_standard() -> None:
    spent = (("gateway", 0.01524), ("facade", 0.0131), ("backend", 0.0))
    assert server_timing(spent) == "gateway;dur=15.2, facade;dur=13.1, backend;dur=0.0"
