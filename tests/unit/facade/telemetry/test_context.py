import time

import pytest

from facade.telemetry.context import NOTHING, Context, Link, carried, entries, read
from facade.telemetry.spans import Tracing

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (PARENT, 1),
        (f"00-{TRACE}-{SPAN}-00", 0),
        (f"00-{TRACE}-{SPAN}-03", 3),
        (f"00-{TRACE}-{SPAN}-ff", 3),
        (f"00-{TRACE}-{SPAN}-04", 0),
        (f"cc-{TRACE}-{SPAN}-01", 1),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", 1),
        (f"cc-{TRACE}-{SPAN}-01-", 1),
        (f" {PARENT}\t", 1),
    ],
)
def test_a_traceparent_is_read_by_the_rules_of_its_version_or_of_ours(
    text: str, flags: int
) -> None:
    assert read({"traceparent": text}) == Context(Link(TRACE, SPAN), flags)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        PARENT + "x" * 600,
        "x" * 2**20,
    ],
)
def test_a27_a_traceparent_that_is_none_is_as_good_as_not_there(text: str) -> None:
    assert read({"traceparent": text, "tracestate": "a=1"}) == NOTHING


@pytest.mark.parametrize(
    "text",
    [
        f"ff-{TRACE}-{SPAN}-01",
        f"{PARENT}-more",
        f"{PARENT}.",
        f"cc-{TRACE}-{SPAN}-01.what",
        f"00-{TRACE}-{SPAN}-0x",
        f"00-{TRACE}-{SPAN}",
        f"{PARENT},{PARENT}",
    ],
)
def test_c09_a_call_whose_context_was_torn_begins_a_trace_that_is_linked_to_the_rest(
    text: str,
) -> None:
    assert read({"traceparent": text, "tracestate": "a=1"}) == Context(torn=Link(TRACE, SPAN))
    with Tracing().server("in", {"traceparent": text}) as span:
        assert span.trace_id != TRACE


@pytest.mark.parametrize(
    "state",
    [
        "a=1",
        "foo=1,bar=2",
        " foo=1 ,\tbar=2",
        "foo=1,",
        "foo=1,,bar=2",
        "t61rcwkgmze@vendor=1",
        "0tenant@v=1",
        "a*b/c_d-e=~ x!",
        ",".join(f"k{number}=v" for number in range(32)),
        "a=" + "v" * 256,
        "a" * 256 + "=1",
    ],
)
def test_a_tracestate_goes_on_as_it_came(state: str) -> None:
    assert read({"traceparent": PARENT, "tracestate": state}).state == state


@pytest.mark.parametrize(
    "state",
    [
        "foo",
        "=1",
        "foo@=1",
        "@foo=1",
        "foo@@bar=1",
        "foo@bar@baz=1",
        "foo=1=2",
        "Foo=1",
        "0foo=1",
        "foo =1",
        "foo=1,foo=2",
        "foo=a\u00e9",
        "foo=bar\n",
        "a" * 257 + "=1",
        "a=" + "v" * 257,
        ",".join(f"k{number}=v" for number in range(33)),
        ",".join(f"k{number}={'v' * 256}" for number in range(32)),
    ],
)
def test_a27_a_tracestate_that_is_none_is_dropped_and_the_trace_goes_on(state: str) -> None:
    assert read({"traceparent": PARENT, "tracestate": state}) == Context(Link(TRACE, SPAN), 1)


@pytest.mark.parametrize(
    ("baggage", "kept"),
    [
        ("a=1", "a=1"),
        ("userId=alice,serverNode=DF%2028,isProduction=false", None),
        ("key1=value1;property1;property2, key2 = value2, key3=v; p=v", None),
        ("a=1,no entry,b=2,=3,c d=4,é=5", "a=1,b=2"),
        (",".join(f"k{number}=v" for number in range(64)), None),
        (",".join(f"k{number}=v" for number in range(65)), ""),
        ("a=" + "v" * 8190, None),
        ("a=" + "v" * 8191, ""),
        ("a=1\r\nx: y", ""),
    ],
)
def test_a27_a_baggage_goes_on_within_its_limits(baggage: str, kept: str | None) -> None:
    whole = baggage.replace(", ", ",")
    assert read({"baggage": baggage}).baggage == (whole if kept is None else kept)
    assert read({"baggage": baggage, "traceparent": PARENT}).parent == Link(TRACE, SPAN)


def test_entries_of_a_baggage_are_chosen_by_their_whole_keys() -> None:
    assert entries("a=1,aa=2,b=3;a=4", frozenset({"a", "b"})) == "a=1,b=3;a=4"


@pytest.mark.parametrize(
    "carrier",
    [
        {"baggage": "a=" + " " * 8000 + "\x01"},
        {"baggage": "a=1" + " ;p" * 2500 + "\x01"},
        {"baggage": "a=1" + ";" * 8000},
        {"traceparent": PARENT, "tracestate": "a=" + " " * 8000 + ",b"},
        {"traceparent": PARENT, "tracestate": "a@" * 4000},
        {"traceparent": "0" * 512},
    ],
)
def test_a27_hostile_context_costs_no_time(carrier: dict[str, str]) -> None:
    began = time.process_time()
    read(carrier)
    assert time.process_time() - began < 0.05


def test_only_what_says_which_trace_it_is_is_taken_of_a_request() -> None:
    fields = [
        ("traceparent", "a"),
        ("authorization", "secret"),
        ("tracestate", "b=1"),
        ("tracestate", "c=2"),
        ("baggage", "d=3"),
        ("traceparent", "a"),
    ]
    assert carried(fields) == {"traceparent": "a, a", "tracestate": "b=1, c=2", "baggage": "d=3"}
