"""What cannot be resolved between files, and where a bundle's problems are told."""

import pytest

from facade.spec.bundling.files import Files
from facade.spec.examination import examine_files
from tests.bundles import HEAD, item, made


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("file:///etc/passwd", "external-ref"),
        ("../secrets.yaml", "external-ref"),
        ("/etc/passwd", "external-ref"),
        ("http://169.254.169.254/latest", "external-ref"),
        ("gone.json", "dangling-ref"),
        ("part.json#/gone", "dangling-ref"),
        ("part.json#gone", "dangling-ref"),
        ("broken.json", "unreadable-file"),
        ("loop.json", "circular-ref"),
    ],
)
def test_h01_h02_what_cannot_be_resolved_stays_and_is_told_with_its_file(
    reference: str, code: str
) -> None:
    tree, done = made(
        {
            "openapi.json": {**HEAD, "paths": {"/a": {"$ref": "a.json"}}},
            "a.json": {"get": {"responses": {"200": {"$ref": reference}}}},
            "part.json": {},
            "broken.json": b"{]",
            "loop.json": {"$ref": "loop.json"},
        }
    )
    assert item(tree)["get"]["responses"]["200"] == {"$ref": reference}
    (problem,) = done.problems
    assert (problem.code, problem.file) == (code, "a.json")
    assert problem.pointer == "/get/responses/200/$ref"
    wanted = reference.startswith("http") or reference == "gone.json"
    assert done.missing == ((reference,) if wanted else ())


def test_what_a_file_lacks_is_taken_from_the_root_and_told() -> None:
    tree, done = made(
        {
            "openapi.json": {**HEAD, "components": {"schemas": {"A": {"$ref": "a.json"}, "B": {}}}},
            "a.json": {"not": {"$ref": "#/components/schemas/B"}},
        }
    )
    assert tree["components"]["schemas"]["A"] == {"not": {"$ref": "#/components/schemas/B"}}
    assert [(each.code, each.file) for each in done.problems] == [("dangling-ref", "a.json")]


def test_problems_are_told_by_file_and_line_the_roots_first() -> None:
    files = {
        "openapi.yaml": b"openapi: 3.0.3\ninfo: {title: t, version: '1'}\nodd: 1\npaths:\n"
        b"  /a: {$ref: a.yaml}\n",
        "a.yaml": b"get:\n  responses:\n    '200':\n      description: 1\n  odd: 2\n"
        b"post: {responses: {default: {$ref: 'gone.yaml'}}}\n"
        b"put: 1\nput: {responses: {default: {description: ''}}}\n",
    }
    found = examine_files(Files(files, "openapi.yaml"))
    told = [(each.file, each.line, each.code, each.pointer) for each in found.problems]
    assert told == [
        ("openapi.yaml", 3, "unknown-field", "/odd"),
        ("a.yaml", 4, "wrong-type", "/get/responses/200/description"),
        ("a.yaml", 5, "unknown-field", "/get/odd"),
        ("a.yaml", 6, "dangling-ref", "/post/responses/default/$ref"),
        ("a.yaml", 8, "duplicate-key", "/put"),
    ]
    assert len(found.spec) == 3


def test_a_note_of_the_mapping_report_stands_in_its_own_file_with_its_line() -> None:
    odd = b"components:\n  schemas:\n    Odd:\n      type: string\n      format: lovelace\n"
    paths = """
paths:
  /a:
    get:
      operationId: a
      responses:
        "200":
          description: ok
          content:
            application/json: {schema: {$ref: "parts/odd.yaml#/components/schemas/Odd"}}
"""
    head = 'openapi: 3.0.3\ninfo: {title: t, version: "1"}\nservers: [{url: "https://a.example"}]'
    files = Files({"openapi.yaml": (head + paths).encode(), "parts/odd.yaml": odd}, "openapi.yaml")
    (note,) = examine_files(files).mapping.notes
    assert (note.code, note.file) == ("unknown-format", "parts/odd.yaml")
    assert (note.pointer, note.line) == ("/components/schemas/Odd/format", 5)
    assert note.overlay == ""
