"""Pairs of small documents that differ in one thing."""

from collections.abc import Callable, Mapping
from typing import Any

from facade.model.difference import Difference, Verdict
from facade.spec.diff.compare import compare, worst
from facade.spec.diff.rules import TYPED
from facade.spec.document import Document
from facade.spec.spec import Spec

Tree = dict[str, Any]


def spec(tree: Mapping[str, Any], version: str = "3.1.0") -> Spec:
    return Spec(Document(dict(tree), version))


def document(operation: Mapping[str, Any] | None = None, **fields: Any) -> Tree:
    """A document of one operation, `POST /things`."""
    own = {"operationId": "make", **(operation or {})}
    return {
        "info": {"title": "t", "version": "1.2.3"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {"/things": {"post": own}},
        **fields,
    }


def sending(schema: Any) -> Tree:
    """A document whose operation takes a value as its body."""
    content = {"application/json": {"schema": schema}}
    return document({"requestBody": {"required": True, "content": content}})


def answering(schema: Any) -> Tree:
    """A document whose operation answers with a value."""
    content = {"application/json": {"schema": schema}}
    return document({"responses": {"200": {"description": "", "content": content}}})


def with_parameters(*parameters: Mapping[str, Any]) -> Tree:
    return document({"parameters": list(parameters)})


def query(name: str = "q", **fields: Any) -> Tree:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **fields}


def differ(old: Mapping[str, Any], new: Mapping[str, Any], version: str = "3.1.0") -> Difference:
    return compare(spec(old, version), spec(new, version))


def both(way: Callable[[Any], Tree], old: Any, new: Any) -> Difference:
    """What differs where one schema of a value becomes another."""
    return differ(way(old), way(new))


def rules(found: Difference) -> set[str]:
    return {each.rule for each in found.findings}


def in_json(found: Difference) -> Verdict:
    """The verdict for those who call with JSON, not by stubs of the typed service."""
    return worst(each.verdict for each in found.findings if each.rule not in TYPED)
