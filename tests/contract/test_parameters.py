"""Parameters on the wire: what the backend reads, byte for byte, by edition of the standard."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import Door, a_door, document
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

ARRAY, OBJECT = ["blue", "black", "brown"], {"R": 100, "G": 200, "B": 150}
EDITIONS = ("3.0.3", "3.0.4", "3.1.0", "3.1.1", "3.2.0")

# Location, style, explode, then the columns of OAS 3.1.1 section 4.8.12.6 and 3.2 section 4.12.5:
# string, array, object, the empty string.
TABLE: list[tuple[str, str, bool, str, str, str, str | None]] = [
    ("path", "simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150", None),
    ("path", "simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150", None),
    ("path", "label", True, ".blue", ".blue.black.brown", ".R=100.G=200.B=150", None),
    (
        "path",
        "matrix",
        False,
        ";color=blue",
        ";color=blue,black,brown",
        ";color=R,100,G,200,B,150",
        ";color",
    ),
    (
        "path",
        "matrix",
        True,
        ";color=blue",
        ";color=blue;color=black;color=brown",
        ";R=100;G=200;B=150",
        ";color",
    ),
    (
        "query",
        "form",
        False,
        "color=blue",
        "color=blue,black,brown",
        "color=R,100,G,200,B,150",
        "color=",
    ),
    (
        "query",
        "form",
        True,
        "color=blue",
        "color=blue&color=black&color=brown",
        "R=100&G=200&B=150",
        "color=",
    ),
    (
        "query",
        "spaceDelimited",
        False,
        "color=blue",
        "color=blue%20black%20brown",
        "color=R%20100%20G%20200%20B%20150",
        "color=",
    ),
    (
        "query",
        "pipeDelimited",
        False,
        "color=blue",
        "color=blue%7Cblack%7Cbrown",
        "color=R%7C100%7CG%7C200%7CB%7C150",
        "color=",
    ),
    (
        "query",
        "deepObject",
        True,
        "color=blue",
        "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
        "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        "color=",
    ),
    ("header", "simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150", ""),
    ("header", "simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150", ""),
    (
        "cookie",
        "form",
        False,
        "color=blue",
        "color=blue,black,brown",
        "color=R,100,G,200,B,150",
        "color=",
    ),
    (
        "cookie",
        "form",
        True,
        "color=blue",
        "color=blue; color=black; color=brown",
        "R=100; G=200; B=150",
        "color=",
    ),
]
COOKIE_ROW = (
    "cookie",
    "cookie",
    True,
    "color=blue",
    "color=blue; color=black; color=brown",
    "R=100; G=200; B=150",
    "color=",
)


def tabled(location: str, style: str, *, explode: bool) -> dict[str, Any]:
    return {
        "name": "color",
        "in": location,
        "required": location == "path",
        "style": style,
        "explode": explode,
        "schema": {},
    }


def rows(edition: str) -> list[tuple[str, str, bool, str, str, str, str | None]]:
    """The table as an edition prints it."""
    dots = edition in {"3.0.3", "3.1.0"}
    array, members = (
        (".blue.black.brown", ".R.100.G.200.B.150")
        if dots
        else (
            ".blue,black,brown",
            ".R,100,G,200,B,150",
        )
    )
    label = ("path", "label", False, ".blue", array, members, None)
    return [*TABLE, label, *([COOKIE_ROW] if edition == "3.2.0" else [])]


def name_of(location: str, style: str, *, explode: bool) -> str:
    return f"{location}-{style}-{'explode' if explode else 'whole'}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    async with a_door(tmp_path_factory.mktemp("parameters")) as opened:
        for edition in EDITIONS:
            paths = {}
            for location, style, explode, *_ in rows(edition):
                name = name_of(location, style, explode=explode)
                end = "/{color}" if location == "path" else ""
                parameters = [tabled(location, style, explode=explode)]
                operation = {"operationId": name, "parameters": parameters, "responses": {}}
                paths[f"/{name}{end}"] = {"get": operation}
            told = document(paths, openapi=edition)
            await opened.publish(named_for(edition), told, backend.origin)
        yield opened


def named_for(edition: str) -> str:
    return f"api-{edition.replace('.', '-')}"


def seen(request: bytes, location: str) -> str:
    """The part of a raw request that a parameter is written to."""
    line, *fields = request.decode("ascii").split("\r\n\r\n")[0].split("\r\n")
    path, _, query = line.split(" ")[1].partition("?")
    if location in {"path", "query"}:
        return query if location == "query" else path.rpartition("/")[2]
    found = dict(field.split(":", 1) for field in fields)
    return found["cookie" if location == "cookie" else "color"].strip()


@pytest.mark.parametrize("edition", EDITIONS)
async def test_every_cell_of_the_standards_table_is_on_the_wire_as_printed(
    door: Door, backend: HttpBackend, edition: str
) -> None:
    for location, style, explode, text, array, members, empty in rows(edition):
        action = f"{named_for(edition)}/{name_of(location, style, explode=explode)}"
        cells = [("blue", text), (ARRAY, array), (OBJECT, members)]
        cells += [] if empty is None else [("", empty)]
        for value, expected in cells:
            await door.execute(action, {"color": value})
            request = backend.requests[-1]
            assert seen(request, location) == expected, (action, value)
