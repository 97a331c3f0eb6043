"""The standard's own tables of styles, byte for byte, through a running gateway."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import FAILURE_MODE_CONTINUE
from tests.conformance.scoreboard import Scoreboard
from tests.conformance.style_tables import Case, cases
from tests.conformance.wire import Request, parse_request
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = list(enumerate(cases()))
EDITIONS = sorted({case.edition for _, case in CASES})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    """A connector for each edition, an action for each cell."""
    async with a_door(tmp_path_factory.mktemp("styles")) as opened:
        for edition in EDITIONS:
            listed = [(number, case) for number, case in CASES if case.edition == edition]
            made = document(dict(map(path_of, listed)), openapi=edition)
            await opened.publish(connector(edition), made, backend.origin)
        yield opened


def connector(edition: str) -> str:
    return "v" + edition.replace(".", "-")


def path_of(numbered: tuple[int, Case]) -> tuple[str, Any]:
    number, case = numbered
    path = f"/{number}/x{{color}}" if case.row.where == "path" else f"/{number}"
    get = {"operationId": f"act{number}", "parameters": [case.parameter], "responses": {}}
    return path, {"get": get}


def seen(case: Case, request: Request) -> str:
    """What stands where the parameter goes."""
    return {
        "path": request.path.rpartition("/x")[2],
        "query": request.query,
        "header": request.header("color") or "",
        "cookie": request.header("cookie") or "",
    }[case.row.where]


@pytest.mark.parametrize(
    ("number", "case"),
    CASES,
    ids=[
        f"{each.edition}-{each.row.where}-{each.row.style}-{each.row.explode}-{each.column}"
        for _, each in CASES
    ],
)
async def test_a_cell_of_the_table_is_on_the_wire(
    number: int, case: Case, door: Door, backend: HttpBackend, board: Scoreboard
) -> None:
    backend.requests.clear()
    name = f"{connector(case.edition)}/act{number}"
    given = {"color": case.value}
    answer = await door.execute(name, given, failure_mode=FAILURE_MODE_CONTINUE)
    sent = [seen(case, parse_request(each)) for each in backend.requests]
    found = sent[0] if sent else answer.error.message
    board.count("styles", "" if found == case.wanted else "differs")
    assert found == case.wanted
