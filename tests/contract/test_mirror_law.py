"""The law of the two ways: what the backend gets is the same, directly and through the facade."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import structs

from facade.demo import petstore
from facade.errors.caller import ActionUnsupported, InvalidParameters
from facade.model.action import Action
from facade.model.call import CacheUse, Call
from facade.model.change import Create, Draft, Promote
from facade.model.names import ActionName, ConnectorName, VersionName
from facade.model.policy import Breaker, Policy, Retry
from facade.model.version import Destination
from facade.spec.spec import Spec
from facade.transcode.arguments import parse
from tests.conformance.arguments import arguments_for
from tests.conformance.keywords import Impossible
from tests.fakes import HttpBackend
from tests.mirrors import Mirrored, a_mirror

pytestmark = pytest.mark.asyncio(loop_scope="module")

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
DOCUMENTS = (
    "oai__petstore-expanded.yaml",
    "python-openapi__petstore.yaml",
    "getkin__swagger2-sample.json",
    "commonism__param-format.yaml",
    "commonism__formdata-wtforms.yaml",
    "readmeio__parameters-style.json",
    "oapi-codegen__parameters-roundtrip.yaml",
    "oapi-codegen__content-types.yaml",
    "redocly__museum.yaml",
    "xeroapi__files.yaml",
    "prometheus__alertmanager.yaml",
    "traccar__traccar.yaml",
    "microsoft__openapi32.json",
)
DEMO = "demo"
SAMPLE = 30
"""Operations of each document."""
PLAIN = Policy(retry=Retry(max_attempts=1), breaker=Breaker(enabled=False))
TRACE = re.compile(rb"\r\n(?:traceparent|tracestate|baggage): [^\r\n]*", re.IGNORECASE)
BOUNDARY = re.compile(rb"boundary=\"?([^\r\n\";]+)")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mirror(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mirrored]:
    async with a_mirror(tmp_path_factory.mktemp("mirror")) as opened:
        yield opened


def text_of(name: str) -> str:
    """A document; the test is skipped where the corpus is absent."""
    if name == DEMO:
        return petstore.document()
    if not (CORPUS / name).exists():
        pytest.skip("the corpus of real documents is absent")
    return (CORPUS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [DEMO, *DOCUMENTS])
async def test_the_backend_gets_the_same_request_both_ways(
    mirror: Mirrored, backend: HttpBackend, name: str
) -> None:
    text = text_of(name)
    direct = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-")
    await publish(mirror, direct, text, Destination(uri=f"{backend.origin}/base"))
    target = f"/connectors/{direct}/versions/v1"
    served = await mirror.ask("GET", f"/v1{target}/openapi.json")
    facade = Destination(uri=f"http://127.0.0.1:{mirror.port}{target}", indirect=True)
    await publish(mirror, f"{direct}-too", served.body.decode(), facade)
    compared = 0
    catalog = mirror.parts.catalog
    spec = await catalog.spec(catalog.version(VersionName(direct, "v1")))
    for action in islice(alone(spec), SAMPLE):
        try:
            given = arguments_for(action)
        except Impossible:
            continue
        calls = [
            Call(
                name=ActionName(connector, "v1", action.id),
                arguments=parse(json.dumps(given.arguments)),
                cache_use=CacheUse.BYPASS,
            )
            for connector in (direct, f"{direct}-too")
        ]
        requests = [await made(mirror, backend, call) for call in calls]
        assert requests[0] == requests[1], action.id
        compared += requests[0] is not None
    assert compared >= min(len(spec) / 2, SAMPLE / 2)


def alone(spec: Spec) -> Iterator[Action]:
    """The actions that their address tells from all others."""
    found = [spec.action(each) for each in spec.ids]
    counts = Counter((each.method, each.path.partition("#")[0]) for each in found)
    return (each for each in found if counts[each.method, each.path.partition("#")[0]] == 1)


async def made(mirror: Mirrored, backend: HttpBackend, call: Call) -> bytes | None:
    """What a call sent to the backend, without what differs each time; None: nothing."""
    backend.requests.clear()
    outcome = await mirror.parts.engine.execute(structs.replace(call, continue_on_failure=True))
    if not backend.requests:
        assert isinstance(outcome.fault, InvalidParameters | ActionUnsupported), outcome.fault
        return None
    [request] = backend.requests
    boundary = BOUNDARY.search(request)
    request = TRACE.sub(b"", request)
    return request.replace(boundary[1], b"-") if boundary else request


async def publish(mirror: Mirrored, connector: str, text: str, where: Destination) -> None:
    draft = Draft(spec_text=text, destination=where, policy=PLAIN)
    create = Create(version_id="v1", draft=draft)
    promote = Promote(name=VersionName(connector, "v1"))
    await mirror.parts.catalog.manage(ConnectorName(connector), [create, promote])
