"""Documents read without any of the gateway's own code: what a request must look like."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ryaml

SHARED = (Path(__file__).resolve().parents[3] / "shared").resolve()
CORPUS = SHARED / "corpus"
SUITES = SHARED / "suites"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
IGNORED = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that the standard says to ignore."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a document says of one operation's request."""

    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    """By the words of OpenAPI 3, `style` and `explode` always there."""
    content: Mapping[str, Mapping[str, Any]]
    """The media types of the body; empty where it has none."""
    edition: str
    """Of the standard: `3.0.3`."""


def manifest() -> list[dict[str, str]]:
    """The rows of the corpus; none where it is absent."""
    path = CORPUS / "MANIFEST.tsv"
    if not path.exists():
        return []
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def read_tree(path: Path) -> dict[str, Any]:
    """A document as plain values."""
    text = path.read_text(encoding="utf-8-sig")
    tree: dict[str, Any] = json.loads(text) if path.suffix == ".json" else ryaml.loads(text)
    return tree


def operations(tree: Mapping[str, Any]) -> Iterator[Operation]:
    """All operations of a document that refers to no other."""
    for path, node in (tree.get("paths") or {}).items():
        item = follow(tree, node)
        for method in METHODS:
            if method in item and not path.startswith("x-"):
                yield operation(tree, item, method, path)


def operation(
    tree: Mapping[str, Any], item: Mapping[str, Any], method: str, path: str
) -> Operation:
    node = item[method] if isinstance(item[method], Mapping) else {}
    declared: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in (*(item.get("parameters") or ()), *(node.get("parameters") or ())):
        parameter = follow(tree, each)
        declared[parameter.get("in", ""), parameter.get("name", "")] = parameter
    old = "swagger" in tree
    inside = [each for (where, _), each in declared.items() if where in ("body", "formData")]
    sent = [
        each
        for (where, name), each in declared.items()
        if where in ("path", "query", "cookie")
        or (where == "header" and name.lower() not in IGNORED)
    ]
    return Operation(
        method=method.upper(),
        path=path,
        parameters=tuple(modern(each) if old else styled(each) for each in sent),
        content=old_content(tree, node, inside) if old else new_content(tree, node),
        edition=str(tree.get("openapi", "2.0")),
    )


def new_content(tree: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    body = follow(tree, node.get("requestBody") or {})
    content = body.get("content") or ({"*/*": {}} if body else {})
    return {key: follow(tree, each or {}) for key, each in content.items()}


def old_content(
    tree: Mapping[str, Any], node: Mapping[str, Any], inside: list[Mapping[str, Any]]
) -> dict[str, Any]:
    """What 2.0 says with `consumes` and with body or form parameters."""
    if not inside:
        return {}
    consumed = node.get("consumes", tree.get("consumes")) or []
    if inside[0]["in"] == "body":
        return dict.fromkeys(consumed or ["application/json"], inside[0])
    named = {each["name"]: each for each in inside}
    types = [each for each in consumed if each.startswith(FORMS)]
    files = any(each.get("type") == "file" for each in inside)
    return {
        key: {
            "schema": {"type": "object", "properties": named},
            "encoding": {name: modern(each) for name, each in named.items()},
        }
        for key in types or [FORMS[files]]
    }


def styled(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """With the defaults of OpenAPI 3 written out."""
    where = parameter["in"]
    style = parameter.get("style", "form" if where in ("query", "cookie") else "simple")
    explode = parameter.get("explode", style == "form")
    return {**parameter, "style": style, "explode": explode}


def modern(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter of 2.0 in the words of 3.x."""
    form = "form" if parameter["in"] in ("query", "formData") else "simple"
    styles = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
    # An object is none of 2.0's types for a parameter; where one is declared all the same, it
    # is taken for the later editions' default.
    given = parameter.get(
        "collectionFormat", "multi" if parameter.get("type") == "object" else "csv"
    )
    return {**parameter, "style": styles.get(given, form), "explode": given == "multi"}


def follow(tree: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """What a local reference leads to; the node itself where it is none."""
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        found: Any = tree
        for token in node["$ref"].split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            found = found[int(key) if isinstance(found, list) else key]
        node = found
    return node if isinstance(node, Mapping) else {}
