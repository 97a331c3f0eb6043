"""Paths: where the operations of a document stand, and what their templates hold."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import unquote

from facade.model.action import Problem
from facade.spec.document import Document, escape
from facade.spec.problems import problem

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
"""The fixed fields of a path item that hold operations (OAS 3.2 section 4.9)."""
CONTAINERS = ("paths", "x-ms-paths")
"""`x-ms-paths` holds paths that differ in their queries alone."""

VARIABLE = re.compile(r"\{([^{}]*)\}")
EXPRESSION = re.compile(r"(?:[+#./;?&]|\*{1,2})?([^:=]+?)(?:[*?]|[:=].*)?")
"""What OpenAPI does not have around a name and documents do: the operators and modifiers of RFC
6570 (`{.id*}`), patterns of google.api.http (`{name=shelves/*}`) and of routers (`{id:[0-9]+}`)."""
SPANNING = re.compile(r"[+*].*|[^=]*=.*(?:/|\*\*).*|[^:]*:\.[*+]")
"""A variable that several segments may fill: `{+id}`, `{*rest}`, `{name=**}`, `{rest:.*}`."""
QUERY_OPERATORS = ("?", "&", "#")
"""Of expressions that make up a query or a fragment, which parameters do by themselves."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Layer:
    """One object that a path item is made of."""

    node: Mapping[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Where one operation stands, with nothing of it read."""

    method: str
    path: str
    pointer: str
    node: Any
    layers: tuple[Layer, ...]
    """The path item: what it refers to, then its own fields."""

    @property
    def operation_id(self) -> str:
        """Empty where there is none."""
        name = self.node.get("operationId") if isinstance(self.node, Mapping) else None
        return name if isinstance(name, str) else ""


Row: TypeAlias = tuple[str, str, str, str, tuple[str, ...]]
"""An operation as plain values: method, path, pointer, operationId, pointers of the layers."""


def row_of(operation: Operation) -> Row:
    """An operation without the nodes of its document."""
    layers = tuple(each.pointer for each in operation.layers)
    name = operation.operation_id
    return operation.method, operation.path, operation.pointer, name, layers


def operation_of(row: Row, document: Document) -> Operation:
    """The operation again, of the document that it was found in."""
    method, path, pointer, _, layers = row
    return Operation(
        method=method,
        path=path,
        pointer=pointer,
        node=document.find(pointer),
        layers=tuple(Layer(document.find(each), each) for each in layers),
    )


def operations(document: Document) -> tuple[list[Operation], list[Problem]]:
    """Finds the operations, in the document's order, and what hides others from sight."""
    found: dict[tuple[str, str], Operation] = {}
    problems: list[Problem] = []
    for path, item, pointer in _items(document, problems):
        layers = _layers(document, item, pointer, problems)
        for layer in layers:
            for method, node, at in _methods(layer):
                found.setdefault((method, path), Operation(method, path, at, node, layers))
    return list(found.values()), problems + list(_equivalent(document))


def variables(path: str) -> tuple[str, ...]:
    """The names between a template's braces, each one once; those of a fragment do not count."""
    return tuple(dict.fromkeys(VARIABLE.findall(path.partition("#")[0])))


def bare(variable: str) -> str:
    """What a variable is called without operators, modifiers and patterns: `.id*` is `id`."""
    match = EXPRESSION.fullmatch(variable)
    return match[1] if match else variable


def spans(variable: str) -> bool:
    """Whether what fills a variable may be several segments of the path."""
    return SPANNING.fullmatch(variable) is not None


def query_variables(path: str) -> frozenset[str]:
    """The names between braces in the query that a path may hold."""
    return frozenset(variables(path.partition("?")[2]))


def has_pair(path: str, name: str) -> bool:
    """Whether `name={name}` is a pair of the query that a path may hold."""
    pairs = (pair.partition("=") for pair in path.partition("?")[2].split("&"))
    return any(unquote(left) == name and right == f"{{{name}}}" for left, _, right in pairs)


def flaw(path: str) -> str:
    """Why no request can be made to a path; empty where one can."""
    if CONTROL.search(path):
        return "has a control character"
    literal = VARIABLE.sub("x", path)
    if "{" in literal or "}" in literal:
        return "has a brace without its other half"
    if "" in variables(path):
        return "has braces with no name between them"
    segments = re.split("[?#]", literal, maxsplit=1)[0].split("/")
    if any(unquote(segment) in {".", ".."} for segment in segments):
        return "has a dot segment, which would leave the server's base"
    return ""


def _items(document: Document, problems: list[Problem]) -> Iterator[tuple[str, Any, str]]:
    for container in CONTAINERS:
        try:
            paths, pointer = document.follow(document.tree.get(container), f"/{container}")
        except LookupError as reference:
            problems.append(_dangling(reference, f"/{container}"))
            continue
        if not isinstance(paths, Mapping):
            continue
        for key, item in paths.items():
            if not key.startswith("x-"):
                path = key if key.startswith("/") else f"/{key}"
                yield path, item, f"{pointer}/{escape(key)}"


def _layers(
    document: Document, item: Any, pointer: str, problems: list[Problem]
) -> tuple[Layer, ...]:
    """A path item may have fields beside its `$ref` (OAS 3.0 section 4.7.9.1)."""
    if not item:
        return ()
    if not isinstance(item, Mapping):
        problems.append(problem("wrong-type", "A path item must be an object.", pointer))
        return ()
    own = Layer(item, pointer)
    try:
        node, at = document.follow(item, pointer)
    except LookupError as reference:
        problems.append(_dangling(reference, pointer))
        return (own,)
    if at == pointer or not isinstance(node, Mapping):
        return (own,)
    return (Layer(node, at), own)


def _methods(layer: Layer) -> Iterator[tuple[str, Any, str]]:
    for key, node in layer.node.items():
        if key.lower() in METHODS:
            yield key.upper(), node, f"{layer.pointer}/{escape(key)}"
    others = layer.node.get("additionalOperations")
    if isinstance(others, Mapping):
        pointer = f"{layer.pointer}/additionalOperations"
        yield from (
            (method, node, f"{pointer}/{escape(method)}") for method, node in others.items()
        )


def _equivalent(document: Document) -> Iterator[Problem]:
    """Paths that differ in the names of their variables alone: no request tells them apart."""
    paths = document.tree.get("paths")
    first: dict[str, str] = {}
    for path in paths if isinstance(paths, Mapping) else ():
        shape = VARIABLE.sub("{}", path)
        if first.setdefault(shape, path) != path:
            message = f"The path differs from `{first[shape][:200]}` only in its parameters' names."
            yield problem("equivalent-paths", message, f"/paths/{escape(path)}")


def _dangling(reference: LookupError, pointer: str) -> Problem:
    return problem("dangling-ref", f"`{str(reference.args[0])[:200]}` leads to nothing.", pointer)
