"""One API published in two editions of the standard: equal arguments make equal requests."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade.model.action import Action
from tests.conformance.arguments import arguments_for
from tests.conformance.bodies import read_body
from tests.conformance.campaign import Published, an_open_door, connector_of, publish
from tests.conformance.documents import CORPUS, read_tree
from tests.conformance.exceptions import TWINS
from tests.conformance.keywords import Impossible
from tests.conformance.sampling import Taste
from tests.conformance.scoreboard import Scoreboard
from tests.conformance.wire import parse_request
from tests.doors import Door
from tests.fakes import HttpBackend

PAIRS = (
    ("ory__kratos-swagger2.json", "ory__kratos.json"),
    ("sendgrid__sendgrid20.yaml", "sendgrid__sendgrid31.json"),
    ("grpc-ecosystem__a-bit-of-everything.json", "grpc-ecosystem__a-bit-of-everything31.json"),
)

TASTE = Taste(nulls=False)

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"no corpus at {CORPUS}")


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[HttpBackend]:
    async with HttpBackend() as opened:
        yield opened


@pytest_asyncio.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with an_open_door(tmp_path) as opened:
        yield opened


@pytest.mark.usefixtures("whole")
@pytest.mark.timeout(60)
@pytest.mark.parametrize(("old", "new"), PAIRS)
async def test_both_editions_make_the_same_requests(
    old: str, new: str, door: Door, backend: HttpBackend, board: Scoreboard
) -> None:
    wrong = {}
    first, second = [
        await publish(door, connector_of(Path(each)), CORPUS / each, backend.origin)
        for each in (old, new)
    ]
    for one, other in shared((old, first), (new, second)):
        key = f"{one.method} {one.path}"
        sent = await both(backend, (first, one), (second, other))
        if sent is None:
            continue
        reason = TWINS.get((Path(old).stem, key), "")
        board.count("twins", "" if sent[0] == sent[1] else reason or "unexplained")
        if (sent[0] == sent[1]) == bool(reason):
            wrong[key] = sent
    assert wrong == {}


Callee = tuple[Published, Action]


async def both(backend: HttpBackend, old: Callee, new: Callee) -> list[Any] | None:
    """What the two editions make of arguments that both allow; None where none were found."""
    sent = None
    for source in (new[1], old[1]):
        try:
            arguments = arguments_for(source, taste=TASTE).arguments
        except Impossible:
            continue
        sent = [await request(backend, each, arguments) for each in (old, new)]
        if not any(isinstance(each, str) for each in sent):
            break
    return sent


def shared(old: tuple[str, Published], new: tuple[str, Published]) -> list[tuple[Action, Action]]:
    """The operations that both have, with the parameters and media types that both have."""
    base = read_tree(CORPUS / old[0]).get("basePath", "").rstrip("/")
    found = {shape(each): each for each in new[1].actions}
    pairs = [
        (each, found.get(shape(each)) or found.get(shape(each, base))) for each in old[1].actions
    ]
    return [(one, other) for one, other in pairs if other is not None]


def shape(action: Action, base: str = "") -> tuple[Any, ...]:
    """What must be equal for equal arguments to mean the same."""
    names = frozenset((each.location, each.key, each.name) for each in action.parameters)
    media = action.body.media[0].type if action.body else ""
    return action.method, base + action.path, names, media


async def request(backend: HttpBackend, callee: Callee, arguments: Mapping[str, Any]) -> Any:
    """What was sent, or why nothing was."""
    published, action = callee
    backend.requests.clear()
    answer = await published.call(action, arguments)
    if not backend.requests:
        return answer.error.message
    sent = parse_request(backend.requests[0])
    kind = sent.header("content-type") or ""
    own = {"host", "traceparent", "content-type", "content-length", "accept"}
    headers = sorted((name, text) for name, text in sent.headers if name not in own)
    essence = kind.partition(";")[0]
    return sent.method, sent.path, sent.query, headers, essence, read_body(essence, kind, sent.body)
