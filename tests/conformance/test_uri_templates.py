"""RFC 6570's suite, by the operators that OpenAPI uses, byte for byte, through a gateway."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from gateway.v1.gateway_pb2 import FAILURE_MODE_CONTINUE
from tests.conformance.documents import SUITES
from tests.conformance.scoreboard import Scoreboard
from tests.conformance.wire import Request, parse_request
from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend

FOLDER = SUITES / "uritemplate-test"
FILES = ("spec-examples.json", "spec-examples-by-section.json", "extended-tests.json")
EXPRESSION = re.compile(r"\{([+#./;?&]?)([^{}]+)\}")
STYLES = {"": "simple", "/": "simple", ".": "label", ";": "matrix"}
QUERY = {"?", "&", "+"}
"""Reserved characters are allowed in a query, where a value cannot leave its place."""

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the suite of RFC 6570 is absent")


class NotOpenApi(Exception):
    """A template that no OpenAPI document can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A template as an operation, its values as arguments."""

    template: str
    path: str
    parameters: tuple[dict[str, Any], ...]
    arguments: Mapping[str, Any]
    wanted: tuple[str, ...]
    """Any one of them: the order of an object's members is open."""
    bare: bool = False
    """Whether the values of the query, without names and joined by commas, are the expansion."""


def cases() -> Iterator[Case | str]:
    """The cases, and the reasons why others are none."""
    for name in FILES:
        if not (FOLDER / name).exists():
            return
        for section in json.loads((FOLDER / name).read_text()).values():
            for template, wanted in section["testcases"]:
                try:
                    yield translated(template, section["variables"], wanted)
                except NotOpenApi as reason:
                    yield str(reason)


def translated(template: str, variables: Mapping[str, Any], wanted: Any) -> Case:
    """A template's expressions as parameters; raises NotOpenApi."""
    if wanted is False:
        raise NotOpenApi("an error of the template")
    found = list(EXPRESSION.finditer(template))
    options = wanted if isinstance(wanted, list) else [wanted]
    bare = any(match[1] == "+" for match in found)
    if bare:
        options = [without(template, found, each) for each in options]
    elif "{&" in template and "?" not in template:
        options = [each.replace("&", "?", 1) for each in options]
    names = [
        (name_of(each, match[1], variables), match[1])
        for match in found
        for each in match[2].split(",")
    ]
    return Case(
        template=template,
        path="" if bare else EXPRESSION.sub(slots, template),
        parameters=tuple(parameter(*name, operator) for name, operator in names),
        arguments={
            name: variables[name] for (name, _), _ in names if variables.get(name) is not None
        },
        wanted=tuple(options),
        bare=bare,
    )


def without(template: str, found: list[re.Match[str]], text: str) -> str:
    """The expansion of a template's only expression."""
    if len(found) > 1:
        raise NotOpenApi("reserved characters in a part of a path")
    before, after = template[: found[0].start()], template[found[0].end() :]
    return text.removeprefix(before).removesuffix(after)


def name_of(text: str, operator: str, variables: Mapping[str, Any]) -> tuple[str, bool]:
    """The name of a variable, and whether it explodes."""
    name, star, _ = text.partition("*")
    value = variables.get(name)
    reasons = {
        "a prefix": ":" in text,
        "a fragment": operator == "#",
        "a name that is encoded already": "%" in name,
        "an undefined value in a path": value in (None, [], {}) and operator not in QUERY,
        "an empty value in a path": value == "" and operator in {"", "/"},
        "a value of several segments": operator == "/" and star and isinstance(value, list | dict),
    }
    for reason, applies in reasons.items():
        if applies:
            raise NotOpenApi(reason)
    return name, bool(star)


def parameter(name: str, explode: bool, operator: str) -> dict[str, Any]:  # noqa: FBT001 - a column
    in_query = operator in QUERY
    return {
        "name": name,
        "in": "query" if in_query else "path",
        "required": not in_query,
        "style": "form" if in_query else STYLES[operator],
        "explode": explode,
        "allowReserved": operator == "+",
        "schema": {},
    }


def slots(match: re.Match[str]) -> str:
    """What stands in the path for an expression."""
    if match[1] in QUERY:
        return ""
    texts = [f"{{{name.partition('*')[0]}}}" for name in match[2].split(",")]
    if match[1] == "/":
        return "".join(f"/{each}" for each in texts)
    return ("," if match[1] == "" else "").join(texts)


FOUND = list(cases())
CASES = list(enumerate(each for each in FOUND if isinstance(each, Case)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("templates")) as opened:
        made = document(dict(map(path_of, CASES)), openapi="3.2.0")
        await opened.publish("templates", made, backend.origin)
        yield opened


def path_of(numbered: tuple[int, Case]) -> tuple[str, Any]:
    number, case = numbered
    get = {
        "operationId": f"act{number}",
        "parameters": list(unique(case.parameters)),
        "responses": {},
    }
    return f"/{number}/x{case.path}", {"get": get}


def unique(parameters: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """A variable may stand in a template twice, a parameter in a list once."""
    yield from {(each["in"], each["name"]): each for each in parameters}.values()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("number", "case"), CASES, ids=[f"{each.template}-{number}" for number, each in CASES]
)
async def test_a_template_is_expanded_as_the_suite_says(
    number: int, case: Case, door: Door, backend: HttpBackend, board: Scoreboard
) -> None:
    backend.requests.clear()
    text = json.dumps(case.arguments, ensure_ascii=False)
    answer = await door.execute(f"templates/act{number}", text, failure_mode=FAILURE_MODE_CONTINUE)
    sent = [expansion(parse_request(each), case) for each in backend.requests]
    expanded = sent[0].removeprefix(f"/{number}/x") if sent else answer.error.message
    board.count("rfc6570", "" if expanded in case.wanted else "differs")
    assert expanded in case.wanted


def expansion(request: Request, case: Case) -> str:
    """What stands on the wire for the template."""
    if not case.bare:
        return f"{request.path}?{request.query}" if request.query else request.path
    names = [each["name"] for each in case.parameters]
    texts = [each.partition("=") for each in request.query.split("&") if each]
    return ",".join(text if name in names else f"{name}={text}" for name, _, text in texts)


def test_the_suite_is_reached(board: Scoreboard) -> None:
    assert len(CASES) > 130
    for each in FOUND:
        if isinstance(each, str):
            board.set_aside("rfc6570", each)
