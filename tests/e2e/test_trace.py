"""portico trace, as a process, before a real gateway: what a user types, and what a user reads."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.processes import Running, on_a_terminal, pet_store, together

CALL = ("call", "petstore/getInventory", "--exchange")
EXECUTE = "gateway.v1.GatewayService/ExecuteAction"
STEP = re.compile(r"^( *=+ *) +([0-9.]+) ms  ( *)(\S.*?)  +gateway(?:  (.+))?$")

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with pet_store(tmp_path_factory.mktemp("trace")) as running:
        yield running


async def a_hint(store: Running, *command: str) -> list[str]:
    """The command that a call prints for its trace."""
    called = await store.portico(*command)
    found = re.search(r"Trace: +portico (trace [0-9a-f]{32})", called.err)
    assert found is not None, called.err
    return found[1].split()


async def test_a_call_says_how_to_see_its_trace_and_that_shows_a_line_for_each_step(
    store: Running,
) -> None:
    hint = await a_hint(store, *CALL)
    told = await store.portico(*hint)

    first, *lines, last = told.text.splitlines()
    assert first.startswith(f"{hint[1]}  petstore@v1/getInventory  20")
    steps = [found.groups() for line in lines if (found := STEP.match(line))]
    assert len(steps) == len(lines)
    assert [(name, len(indent) // 2, said) for _, _, indent, name, said in steps] == [
        (EXECUTE, 0, "OK"),
        ("validation", 1, None),
        ("cache", 1, "miss"),
        ("GET /store/inventory", 2, "200"),
    ]
    assert float(steps[0][1]) >= float(steps[3][1]) > 0
    assert re.fullmatch(r"total [0-9.]+ ms: gateway [0-9.]+, backend [0-9.]+", last)
    assert all(line == line.rstrip() for line in told.text.splitlines())
    assert "\x1b" not in told.text


async def test_the_last_traces_are_listed_and_filtered(store: Running) -> None:
    await store.portico("call", "petstore/fail", "status=503", "--timeout", "5")
    hint = await a_hint(store, *CALL)
    every, failed, one, as_json, none = await together(
        store.portico("trace"),
        store.portico("trace", "-l", "error_reason:*"),
        store.portico("trace", "-l", "action:getInventory", "-n", "1"),
        store.portico("trace", "-o", "json", "-n", "1", "-l", f"id={hint[1]}"),
        store.portico("trace", "-l", "action:nothing"),
    )

    assert every.text.splitlines()[0].split() == ["TRACE", "BEGAN", "MS", "WHAT", "FAILED"]
    assert "TraceService" not in every.text
    assert [each.split()[-1] for each in failed.text.splitlines()[1:]] == ["BACKEND_UNAVAILABLE"]
    assert one.text.splitlines()[1].split()[0] == hint[1]
    assert [each["name"] for each in as_json.data] == [f"traces/{hint[1]}"]
    assert (none.status, none.out, none.err) == (0, b"", "no traces found\n")


async def test_json_has_every_span_and_a_traceparent_will_do_as_well(store: Running) -> None:
    _, trace_id = await a_hint(store, *CALL)
    told, same = await together(
        store.portico("trace", trace_id, "-o", "json"),
        store.portico("trace", f"00-{trace_id}-00f067aa0ba902b7-01", "-o", "json"),
    )

    assert told.data == same.data
    assert [each["name"] for each in told.data["spans"]] == [
        EXECUTE,
        "validation",
        "cache",
        "GET /store/inventory",
    ]


async def test_on_a_terminal_the_bars_are_lines(store: Running) -> None:
    hint = await a_hint(store, *CALL)
    shown, status = await asyncio.to_thread(
        on_a_terminal, *hint, env={"PORTICO_SERVER": store.address}
    )

    assert status == 0
    assert "━" in shown
    assert "\x1b[" in shown


async def test_what_is_no_trace_and_what_is_not_kept_is_said(store: Running) -> None:
    odd, unknown = await together(
        store.portico("trace", "x"),
        store.portico("trace", "1" * 32),
    )

    assert (odd.status, unknown.status) == (2, 1)
    assert "`x` is no trace id" in odd.err
    assert "TRACE_NOT_FOUND" in unknown.err
    assert "--traces" in unknown.err
