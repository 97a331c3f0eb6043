"""A typed call is ExecuteAction: the same request to the backend, and the same answer."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from facade.demo import petstore
from facade.model.action import Action
from facade.model.names import VersionName
from facade.model.typed import Streaming
from tests.conformance.arguments import FILE, arguments_for
from tests.conformance.documents import CORPUS, manifest
from tests.conformance.keywords import Impossible
from tests.doors import PLAIN
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend, answer
from tests.typed_answers import answers
from tests.typed_json import Unsayable, same
from tests.typed_twins import Asked, Told, TypedTwins

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEMO = "demo"
DOCUMENTS = (
    "getkin__swagger2-sample.json",
    "prometheus__alertmanager.yaml",
    "crowdsecurity__lapi.yaml",
    "microsoft__azuread.json",
    "oai__petstore-expanded.yaml",
    "openfaas__openfaas.yaml",
    "huggingface__tgi.json",
    "commonism__formdata-wtforms.yaml",
    "readmeio__parameters-style.json",
    "oapi-codegen__parameters-roundtrip.yaml",
    "oapi-codegen__content-types.yaml",
    "oapi-codegen__strict.yaml",
    "readmeio__polymorphism.yaml",
    "readmeio__discriminators.json",
    "swagger-api__petstore304.yaml",
    "xeroapi__files.yaml",
    "redocly__museum.yaml",
    "traccar__traccar.yaml",
    "unitycatalog__delta31.yaml",
    "microsoft__openapi32.json",
)
"""Of 2.0 to 3.2: forms, files, XML, every style, nullable, alternatives, pages, several answers."""


BAD = ("UNKNOWN", "BACKEND_BAD_RESPONSE", "backend")

UNSAID: Mapping[str, str] = {
    "apis-guru__just-eat.co.uk.json": "no branch of a oneOf excludes another",
    "influxdata__cloud.json": "a body that is a map is sampled empty",
    "influxdata__oss.yaml": "a body that is a map is sampled empty",
    "opsgenie__opsgenie.json": "the values of its discriminators are names of no schema",
}
"""Documents some of whose operations have no arguments here that a message can say."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`document`: those above, or every one of the corpus that is one file."""
    if "document" in metafunc.fixturenames:
        whole = metafunc.config.getoption("corpus") == "all"
        every = [row["file"] for row in manifest() if "/" not in row["file"]]
        metafunc.parametrize("document", [DEMO, *(every if whole else DOCUMENTS)])


class Saying(HttpBackend):
    """Answers whatever a test has it say next."""

    def __init__(self) -> None:
        super().__init__(lambda _: self.said)
        self.said = answer()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[Saying]:
    async with Saying() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faces]:
    async with both_faces(tmp_path_factory.mktemp("twins")) as opened:
        yield opened


def text_of(name: str) -> str:
    """A document; the test is skipped where the corpus is absent."""
    if name == DEMO:
        return petstore.document()
    if not (CORPUS / name).exists():
        pytest.skip("the corpus of real documents is absent")
    return (CORPUS / name).read_text(encoding="utf-8-sig")


async def published(faces: Faces, backend: HttpBackend, document: str) -> TypedTwins:
    name = "t-" + re.sub(r"[^a-z0-9]+", "-", Path(document).name.lower())[:40].strip("-")
    await faces.door.publish(name, text_of(document), f"{backend.origin}/base", policy=PLAIN)
    return await TypedTwins(faces, VersionName(name, "v1"), backend.requests).open()


@pytest.mark.timeout(120)
async def test_every_operation_is_the_same_call_both_ways(
    faces: Faces, backend: Saying, document: str
) -> None:
    twins = await published(faces, backend, document)
    wrong: dict[str, Any] = {}
    unsaid = []
    for action in map(twins.spec.action, twins.spec.ids):
        if (action.id, Streaming.NONE) not in twins.methods:
            continue
        calls = list(asking(twins, action))
        unsaid += [] if calls else [action.id]
        for asked, said in product(calls, answers(action)):
            backend.said = said.wire
            complaint = difference(twins, asked, *await twins.both(asked))
            if complaint:
                wrong.setdefault(f"{action.id} {said.kind}", complaint)
    assert wrong == {}
    assert bool(unsaid) == (document in UNSAID), unsaid


def asking(twins: TypedTwins, action: Action) -> Iterator[Asked]:
    """Calls of an action that a typed message can say, one for each media type at least."""
    for seed in range(max(3, len(action.body.media) if action.body else 0)):
        try:
            given = arguments_for(action, seed)
        except Impossible:
            continue
        chosen = given.media_type if seed and "*" not in given.media_type else ""
        more = {"content_type": chosen} if chosen else {}
        for arguments in (given.arguments, unfiled(given.arguments)):
            with suppress(Unsayable):
                yield twins.asked(action, arguments, **more)
                break


def unfiled(value: Any) -> Any:
    """The same with each file as its base64, which a field of text can say."""
    if value == FILE:
        return value["content"]
    if isinstance(value, dict):
        return {name: unfiled(each) for name, each in value.items()}
    return [unfiled(each) for each in value] if isinstance(value, list) else value


def difference(twins: TypedTwins, asked: Asked, untyped: Told, typed: Told) -> Any:
    """In what the two are not the same; nothing where they are."""
    for name in ("requests", "before", "after"):
        both = getattr(untyped, name), getattr(typed, name)
        if both[0] != both[1]:
            return name, *both
    if untyped.refusal is not None:
        return untyped.refused != typed.refused and (untyped.refused, typed.refused)
    try:
        message, kept = twins.expected(asked, untyped)
    except Unsayable as why:
        row = typed.refused and typed.refused["row"]
        return row != BAD and (str(why), typed, untyped.answer)
    if typed.refusal is not None or message != typed.answer:
        return "answer", untyped.answer, typed.refused, message, typed.answer
    back = twins.json.read(typed.answer, asked.method.response)
    return kept is not None and not same(back, kept) and ("read", kept, back)
