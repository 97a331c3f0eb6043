"""Real documents: every request, as it was sent, judged by openapi-core in its own interpreter.

It misreads more than the other judges do, above all bodies and the values of parameters: what it
says of those is counted by kind, and only what it does not find at all is held to be wrong.
"""

import base64
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from facade.model.action import Action, Style
from tests.conformance.arguments import arguments_for
from tests.conformance.campaign import Published, an_open_door, publish
from tests.conformance.documents import manifest, read_tree
from tests.conformance.echo import key_of
from tests.conformance.keywords import Impossible
from tests.conformance.sampling import Taste
from tests.conformance.scoreboard import Scoreboard
from tests.conformance.wire import parse_request
from tests.fakes import HttpBackend

TASTE = Taste(nulls=False)
READ = frozenset({Style.FORM, Style.SIMPLE})
OURS = re.compile("header parameter: (Accept|Authorization|Content-Type)")
"""Header parameters that the standard says to ignore."""
PROGRAM = Path(__file__).with_name("core_judge.py")

pytestmark = pytest.mark.skipif(not manifest(), reason="no corpus")


@pytest.mark.timeout(600)
async def test_every_request_is_valid_for_openapi_core(
    row: dict[str, str],
    document: Path,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    board: Scoreboard,
) -> None:
    interpreter: Path | None = pytestconfig.getoption("openapi_core")
    if interpreter is None:
        pytest.skip("give --openapi-core PYTHON: an interpreter that has openapi-core")
    if "/" in row["file"] or not row["openapi"].startswith("3."):
        pytest.skip("a document of one file in 3.x, which openapi-core reads")
    async with HttpBackend() as backend, an_open_door(tmp_path) as door:
        published = await publish(door, "judged", document, backend.origin)
        sent = [(each, await line(published, backend, each)) for each in published.actions]
    plain = tmp_path / "document.json"
    plain.write_text(json.dumps(read_tree(document), default=str))
    lines = [(action, each) for action, each in sent if each is not None]
    try:
        found = verdicts(interpreter, plain, [each for _, each in lines])
    except subprocess.CalledProcessError:
        pytest.skip("openapi-core does not read the document")
    wrong = {}
    for (action, _), verdict in zip(lines, found, strict=True):
        board.count("openapi-core", verdict.partition(":")[0])
        if not_found(action, verdict):
            wrong[key_of(action)] = verdict
    assert wrong == {}


def not_found(action: Action, verdict: str) -> bool:
    """Whether it missed the operation or a parameter, which it tells reliably of common styles."""
    styles = {each.style for each in action.parameters}
    if "#" in action.path or styles - READ or OURS.search(verdict):
        return False
    objects = any("object" in str(each.schema) for each in action.parameters)
    missing = ("PathNotFound", "OperationNotFound", "MissingRequired")
    return verdict.startswith(missing[: 2 if objects else 3])


async def line(published: Published, backend: HttpBackend, action: Action) -> Any:
    """The request of one call, as the judge takes it; None where there was none."""
    backend.requests.clear()
    try:
        await published.call(action, arguments_for(action, taste=TASTE).arguments)
    except Impossible:
        return None
    if not backend.requests:
        return None
    request = parse_request(backend.requests[0])
    target = f"{request.path}?{request.query}" if request.query else request.path
    body = base64.b64encode(request.body).decode()
    return {
        "method": request.method,
        "target": target,
        "headers": request.headers,
        "body": body,
    }


def verdicts(interpreter: Path, document: Path, lines: list[Mapping[str, Any]]) -> list[str]:
    """What the judge says of each request."""
    done = subprocess.run(  # noqa: S603 - what the option names, on a program of ours
        [interpreter, PROGRAM, document],
        input="\n".join(map(json.dumps, lines)),
        capture_output=True,
        check=True,
        text=True,
        timeout=500,
    )
    return [json.loads(each) for each in done.stdout.splitlines()]
