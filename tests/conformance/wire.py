"""Requests read from their bytes, by the document alone, and held against the arguments."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.conformance.bodies import body_differences
from tests.conformance.documents import Operation

DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
SLOT = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, taken apart but not decoded."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    body: bytes

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Of the query, still percent-encoded."""
        parts = (each.partition("=") for each in self.query.split("&") if each)
        return [(name, value) for name, _, value in parts]

    def header(self, name: str) -> str | None:
        """The value of the field of that lower-case name; its lines joined."""
        found = [text for key, text in self.headers if key == name]
        return ", ".join(found) if found else None


def parse_request(raw: bytes) -> Request:
    """Takes the bytes of one request apart."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    path, _, query = target.partition("?")
    parts = (each.partition(":") for each in fields)
    headers = tuple((name.lower(), text.strip()) for name, _, text in parts)
    return Request(method=method, path=path, query=query, headers=headers, body=body)


def differences(operation: Operation, arguments: Mapping[str, Any], raw: bytes) -> list[str]:
    """In what a request is not the operation with the arguments."""
    request = parse_request(raw)
    found = [] if request.method == operation.method else [f"method {request.method}"]
    slots = match_path(operation.path, request.path)
    if slots is None:
        return [*found, f"path {request.path}"]
    names = Counter(each["name"] for each in operation.parameters)
    left = list(request.pairs)
    for each in operation.parameters:
        name, where = each["name"], each["in"]
        value = arguments.get(f"{where}.{name}", arguments.get(name) if names[name] == 1 else None)
        if value is None:
            take(left, name)
        else:
            found.extend(PLACES[where](each, value, request, (slots, left)))
    required = {each["name"] for each in operation.parameters if "default" in str(each)}
    unasked = [name for name, _ in left if unquote(name) not in required]
    found.extend(f"query pair {name} too much" for name in unasked)
    sent = request.header("content-type") or ""
    return [*found, *body_differences(operation, arguments, sent, request.body)]


def match_path(template: str, path: str) -> dict[str, str] | None:
    """The raw text of each slot; None where the path is not of the template."""
    template = template.partition("#")[0].partition("?")[0]
    names = [each.strip(".;?*") for each in SLOT.findall(template)]
    pieces = SLOT.split(template)[::2]
    literals = ["".join(map(character, piece)) for piece in pieces]
    matched = re.fullmatch("([^/]*?)".join(literals), path)
    return dict(zip(names, matched.groups(), strict=True)) if matched else None


def character(each: str) -> str:
    """A literal as itself or percent-encoded."""
    encoded = "".join(f"%{byte:02X}" for byte in each.encode())
    return f"(?:{re.escape(each)}|{encoded})"


Rest = tuple[Mapping[str, str], list[tuple[str, str]]]
"""The raw texts of the path's slots, and the query's pairs that were not accounted for yet."""


def in_path(parameter: Mapping[str, Any], value: Any, _: Request, rest: Rest) -> Iterator[str]:
    name = parameter["name"]
    raw = rest[0][name]
    if "content" in parameter:
        yield from unequal(name, in_content(parameter, unquote(raw), value), value)
        return
    style, explode = parameter["style"], parameter["explode"]
    first, separator = {"label": (".", "."), "matrix": (";", ";")}.get(style, ("", ","))
    if not raw.startswith(first):
        yield f"path {name}: {raw} is no {style}"
        return
    raw = raw[len(first) :]
    if style == "matrix" and not (explode and isinstance(value, dict)):
        pairs = [each.partition("=") for each in (raw.split(";") if explode else [raw])]
        if any(unquote(each[0]) != name for each in pairs):
            yield f"path {name}: {raw} does not name it"
        raw = separator.join(each[2] for each in pairs)
    delimiters = ("," if not explode else separator, ".")
    options = [read(raw, value, explode=explode, delimiter=each) for each in delimiters]
    if texts(value) not in options:
        yield f"path {name}: {raw} is not {texts(value)}"


def in_query(parameter: Mapping[str, Any], value: Any, _: Request, rest: Rest) -> Iterator[str]:
    left, name = rest[1], parameter["name"]
    if "content" in parameter:
        raw = take(left, name)
        found = in_content(parameter, unquote(raw[0]), value) if len(raw) == 1 else raw
        yield from unequal(name, found, value)
    elif parameter["style"] == "deepObject" and isinstance(value, dict | list):
        yield from deep_in_query(name, value, left)
    elif parameter["style"] == "form" and parameter["explode"] and isinstance(value, dict):
        for key, item in value.items():
            raw = [unquote(each) for each in take(left, key)]
            wanted = texts(item) if isinstance(item, list) else [text_of(item)]
            if any(each not in raw for each in wanted):
                yield f"query {name}.{key}: {raw} is not {item}"
    else:
        yield from styled_in_query(parameter, value, left)


def deep_in_query(name: str, value: Any, left: list[tuple[str, str]]) -> Iterator[str]:
    expected = list(deep(name, value))
    seen = [(unquote(key), unquote(text)) for key, text in left]
    if any(each not in seen for each in expected):
        yield f"query {name}: {seen} lacks some of {expected}"
    left[:] = [each for each, read in zip(left, seen, strict=True) if read not in expected]


def styled_in_query(
    parameter: Mapping[str, Any], value: Any, left: list[tuple[str, str]]
) -> Iterator[str]:
    name = parameter["name"]
    raw = take(left, name)
    if isinstance(value, list) and (parameter["explode"] or len(value) == 1):
        yield from unequal(name, [unquote(each) for each in raw], value)
    else:
        delimiter = DELIMITERS.get(parameter["style"], ",")
        found = read(delimiter.join(raw), value, explode=False, delimiter=delimiter)
        yield from unequal(name, found, value)


def in_header(parameter: Mapping[str, Any], value: Any, request: Request, _: Rest) -> Iterator[str]:
    raw = request.header(parameter["name"].lower())
    if raw is None:
        yield f"header {parameter['name']} is absent"
    elif "content" in parameter:
        yield from unequal(parameter["name"], in_content(parameter, raw, value), value)
    elif isinstance(value, list):
        # An item that is a container has commas of its own, which nothing tells from the others.
        yield from unequal(parameter["name"], raw, ",".join(texts(value)))
    else:
        found = read(raw, value, explode=parameter["explode"], delimiter=",", decode=str)
        yield from unequal(parameter["name"], found, value)


def in_cookie(parameter: Mapping[str, Any], value: Any, request: Request, _: Rest) -> Iterator[str]:
    pairs = [each.partition("=") for each in (request.header("cookie") or "").split("; ")]
    name, explode = parameter["name"], parameter["explode"]
    if explode and isinstance(value, dict):
        found: Any = {key: unquote(text) for key, _, text in pairs if key in value}
    else:
        raw = [text for key, _, text in pairs if key == name]
        listed = [unquote(each) for each in raw] if explode and isinstance(value, list) else None
        found = listed or read(",".join(raw), value, explode=False, delimiter=",")
    yield from unequal(name, found, value)


PLACES = {"path": in_path, "query": in_query, "header": in_header, "cookie": in_cookie}


def take(left: list[tuple[str, str]], name: str) -> list[str]:
    """The raw values under a name, which are then no longer left."""
    found = [text for key, text in left if unquote(key) == name]
    left[:] = [each for each in left if unquote(each[0]) != name]
    return found


def read(
    raw: str, like: Any, *, explode: bool, delimiter: str, decode: Any = unquote
) -> str | list[str] | dict[str, str]:
    """A styled text as texts, in the shape of the value that it should be."""
    if isinstance(like, list):
        return [decode(each) for each in raw.split(delimiter)]
    if isinstance(like, dict):
        parts = raw.split(delimiter)
        if explode:
            pairs = [each.partition("=")[::2] for each in parts]
        else:
            pairs = list(zip(parts[::2], parts[1::2], strict=False))
        return {decode(key): decode(text) for key, text in pairs}
    text: str = decode(raw)
    return text


def texts(value: Any) -> Any:
    """The value with all that is single in it as text."""
    if isinstance(value, list):
        return [text_of(each) for each in value]
    if isinstance(value, dict):
        return {key: text_of(each) for key, each in value.items()}
    return text_of(value)


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unequal(name: str, found: Any, value: Any) -> Iterator[str]:
    if found != texts(value) and found != value:
        yield f"{name}: {found} is not {texts(value)}"


def in_content(parameter: Mapping[str, Any], text: str, value: Any) -> Any:
    """What a `content` parameter says."""
    kind = next(iter(parameter["content"]))
    return json.loads(text) if "json" in kind or not isinstance(value, str) else text


def deep(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The pairs of a deepObject, arrays by brackets."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from deep(f"{name}[{key}]", each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            nested = isinstance(each, dict | list)
            yield from deep(f"{name}[{index if nested else ''}]", each)
    else:
        yield name, text_of(value)
