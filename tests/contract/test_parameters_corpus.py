"""Documents that others wrote to try the styles of parameters, called; the raw request asserted."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import Door, a_door
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
FILES = {
    "readme": "readmeio__parameters-style.json",
    "commonism": "commonism__param-format.yaml",
    "roundtrip": "oapi-codegen__parameters-roundtrip.yaml",
}

COLORS = {
    "primitive": "blue",
    "array": ["blue", "black", "brown"],
    "object": {"R": 100, "G": 200, "B": 150},
}
LISTS = {key: COLORS[key] for key in ("array", "object")}
NUMBERS = {
    "string": "blue",
    "array": COLORS["array"],
    "object": COLORS["object"],
    "boolean": True,
    "integer": 7,
    "number": 1.5,
}
ROLES = {"role": "admin", "firstName": "Alex"}
COMPLEX = {"Object": ROLES, "Id": 12345, "IsAdmin": True}
COMPLEX_JSON = '{"Object":{"role":"admin","firstName":"Alex"},"Id":12345,"IsAdmin":true}'
COMPLEX_URI = (
    "%7B%22Object%22%3A%7B%22role%22%3A%22admin%22%2C%22firstName%22%3A%22Alex%22%7D"
    "%2C%22Id%22%3A12345%2C%22IsAdmin%22%3Atrue%7D"
)
LABELS = "/label/query/.blue/.blue.black.brown"

TARGETS: list[tuple[str, str, Any, str]] = [
    (
        "readme",
        "paths_simple_nonExploded",
        COLORS,
        "/anything/path/simple/blue/blue,black,brown/R,100,G,200,B,150",
    ),
    (
        "readme",
        "paths_simple_exploded",
        COLORS,
        "/anything/path/simple/blue/blue,black,brown/R=100,G=200,B=150",
    ),
    (
        "readme",
        "paths_label_nonExploded",
        COLORS,
        "/anything/path/label/.blue/.blue.black.brown/.R.100.G.200.B.150",
    ),
    (
        "readme",
        "paths_label_exploded",
        COLORS,
        "/anything/path/label/.blue/.blue.black.brown/.R=100.G=200.B=150",
    ),
    (
        "readme",
        "paths_matrix_nonExploded",
        COLORS,
        "/anything/path/matrix/;primitive=blue/;array=blue,black,brown/;object=R,100,G,200,B,150",
    ),
    (
        "readme",
        "paths_matrix_exploded",
        COLORS,
        (
            "/anything/path/matrix/;primitive=blue/;array=blue;array=black;array=brown"
            "/;R=100;G=200;B=150"
        ),
    ),
    (
        "readme",
        "query_form_nonExploded",
        COLORS,
        "/anything/query/form?primitive=blue&array=blue,black,brown&object=R,100,G,200,B,150",
    ),
    (
        "readme",
        "query_standard",
        COLORS,
        "/anything/query?primitive=blue&array=blue&array=black&array=brown&R=100&G=200&B=150",
    ),
    (
        "readme",
        "query_spaceDelimited_nonExploded",
        LISTS,
        (
            "/anything/query/spaceDelimited?array=blue%20black%20brown"
            "&object=R%20100%20G%20200%20B%20150"
        ),
    ),
    (
        "readme",
        "query_pipeDelimited_nonExploded",
        LISTS,
        (
            "/anything/query/pipeDelimited?array=blue%7Cblack%7Cbrown"
            "&object=R%7C100%7CG%7C200%7CB%7C150"
        ),
    ),
    (
        "readme",
        "query_deepObject_nonExploded",
        {"object": COLORS["object"]},
        "/anything/query/deepObject?object%5BR%5D=100&object%5BG%5D=200&object%5BB%5D=150",
    ),
    (
        "commonism",
        "FormQuery",
        NUMBERS | {"empty": ""},
        (
            "/form/query?empty=&string=blue&array=blue,black,brown&object=R,100,G,200,B,150"
            "&boolean=true&integer=7&number=1.5"
        ),
    ),
    (
        "commonism",
        "FormExplodeQuery",
        NUMBERS | {"empty": None},
        (
            "/form/query?empty=&string=blue&array=blue&array=black&array=brown&R=100&G=200&B=150"
            "&boolean=true&integer=7&number=1.5"
        ),
    ),
    (
        "commonism",
        "LabelPath",
        NUMBERS | {"empty": "x"},
        f"{LABELS}/.R.100.G.200.B.150/.x/.true/.7/.1.5",
    ),
    (
        "commonism",
        "LabelExplodePath",
        NUMBERS | {"empty": "x"},
        f"{LABELS}/.R=100.G=200.B=150/.x/.true/.7/.1.5",
    ),
    (
        "commonism",
        "matrixPath",
        NUMBERS | {"empty": ""},
        (
            "/matrix/path/;string=blue/;array=blue,black,brown/;object=R,100,G,200,B,150/;empty"
            "/;boolean=true/;integer=7/;number=1.5"
        ),
    ),
    (
        "commonism",
        "deepObjectNestedExplodeQuery",
        {"object": {"size": 7, "inner": {"size": 5, "inner": {"size": 0}}}},
        (
            "/deepObject/nested/query?object%5Bsize%5D=7&object%5Binner%5D%5Bsize%5D=5"
            "&object%5Binner%5D%5Binner%5D%5Bsize%5D=0"
        ),
    ),
    ("roundtrip", "getSimpleString", {"param": "a/b c%"}, "/simpleString/a%2Fb%20c%25"),
    ("roundtrip", "getSimpleExplodeArray", {"param": [3, 4, 5]}, "/simpleExplodeArray/3,4,5"),
    (
        "roundtrip",
        "getSimpleExplodeObject",
        {"param": ROLES},
        "/simpleExplodeObject/role=admin,firstName=Alex",
    ),
    ("roundtrip", "getLabelPrimitive", {"param": 5}, "/labelPrimitive/.5"),
    ("roundtrip", "getLabelNoExplodeArray", {"param": [3, 4, 5]}, "/labelNoExplodeArray/.3.4.5"),
    (
        "roundtrip",
        "getLabelExplodeObject",
        {"param": ROLES},
        "/labelExplodeObject/.role=admin.firstName=Alex",
    ),
    ("roundtrip", "getMatrixPrimitive", {"id": 5}, "/matrixPrimitive/;id=5"),
    (
        "roundtrip",
        "getMatrixExplodeArray",
        {"id": [3, 4, 5]},
        "/matrixExplodeArray/;id=3;id=4;id=5",
    ),
    (
        "roundtrip",
        "getMatrixNoExplodeObject",
        {"id": ROLES},
        "/matrixNoExplodeObject/;id=role,admin,firstName,Alex",
    ),
    ("roundtrip", "getContentObject", {"param": COMPLEX}, f"/contentObject/{COMPLEX_URI}"),
    ("roundtrip", "getPassThrough", {"param": "some string"}, "/passThrough/some%20string"),
    ("roundtrip", "getStartingWithNumber", {"1param": "x"}, "/startingWithNumber/x"),
    (
        "roundtrip",
        "getQueryForm",
        {"ea": [3, 4], "a": [3, 4], "eo": ROLES, "o": ROLES, "p": 5, "co": COMPLEX, "1s": "x"},
        (
            "/queryForm?ea=3&ea=4&a=3,4&role=admin&firstName=Alex&o=role,admin,firstName,Alex&p=5"
            f"&co={COMPLEX_URI}&1s=x"
        ),
    ),
    (
        "roundtrip",
        "getQueryDelimited",
        {"sa": [3, 4], "pa": [3, 4]},
        "/queryDelimited?sa=3%204&pa=3%7C4",
    ),
    (
        "roundtrip",
        "getDeepObject",
        {"deepObj": COMPLEX},
        (
            "/queryDeepObject?deepObj%5BObject%5D%5Brole%5D=admin&deepObj%5BObject%5D%5BfirstName%5D=Alex"
            "&deepObj%5BId%5D=12345&deepObj%5BIsAdmin%5D=true"
        ),
    ),
]

FIELDS: list[tuple[str, str, Any, dict[str, str]]] = [
    (
        "readme",
        "headers_standard",
        COLORS,
        {"primitive": "blue", "array": "blue,black,brown", "object": "R,100,G,200,B,150"},
    ),
    ("readme", "headers_simple_exploded", COLORS, {"object": "R=100,G=200,B=150"}),
    (
        "readme",
        "cookies_form_nonExploded",
        COLORS,
        {"cookie": "primitive=blue; array=blue,black,brown; object=R,100,G,200,B,150"},
    ),
    (
        "readme",
        "cookies_standard",
        COLORS,
        {"cookie": "primitive=blue; array=blue; array=black; array=brown; R=100; G=200; B=150"},
    ),
    (
        "roundtrip",
        "getHeader",
        {"X-Object": ROLES, "X-Complex-Object": COMPLEX, "X-Pass-Through": "a, b"},
        {
            "x-object": "role,admin,firstName,Alex",
            "x-complex-object": COMPLEX_JSON,
            "x-pass-through": "a, b",
        },
    ),
    (
        "roundtrip",
        "getCookie",
        {"p": 5, "ea": [3, 4], "eo": ROLES, "co": COMPLEX, "1s": "x"},
        {"cookie": f"p=5; ea=3; ea=4; role=admin; firstName=Alex; co={COMPLEX_URI}; 1s=x"},
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    tmp_path_factory: pytest.TempPathFactory, backend: HttpBackend
) -> AsyncIterator[Door]:
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not beside the repository")
    async with a_door(tmp_path_factory.mktemp("corpus")) as opened:
        for connector, file in FILES.items():
            await opened.publish(connector, (CORPUS / file).read_text(), backend.origin)
        yield opened


@pytest.mark.parametrize(("connector", "action", "given", "target"), TARGETS)
async def test_the_address_is_as_the_documents_edition_has_it(
    door: Door, backend: HttpBackend, connector: str, action: str, given: Any, target: str
) -> None:
    await door.execute(f"{connector}/{action}", given)
    assert backend.requests[-1].decode("ascii").split(" ")[1] == target


@pytest.mark.parametrize(("connector", "action", "given", "fields"), FIELDS)
async def test_headers_and_cookies_are_as_the_document_has_them(
    door: Door,
    backend: HttpBackend,
    connector: str,
    action: str,
    given: Any,
    fields: dict[str, str],
) -> None:
    await door.execute(f"{connector}/{action}", given)
    lines = backend.requests[-1].decode("ascii").split("\r\n\r\n")[0].split("\r\n")[1:]
    pairs = (line.split(":", 1) for line in lines)
    found = {name.lower(): text.strip() for name, text in pairs}
    assert {name: found.get(name) for name in fields} == fields


async def test_b01_an_empty_label_is_a_dot_segment(door: Door) -> None:
    for empty in ("", None):
        told = await door.refused("commonism/LabelPath", NUMBERS | {"empty": empty})
        assert told.fields == ["/empty"]
