"""Reads the text of an OpenAPI document: leniently, but with every doubt reported."""

import re
from dataclasses import dataclass
from typing import Any, Final

from facade.errors.caller import InvalidSpec
from facade.errors.fault import Details, Violation
from facade.model.action import Problem
from facade.spec.document import Document
from facade.spec.limits import DEFAULT, Limits
from facade.spec.problems import problem
from facade.spec.text.json_text import Broken, read_json
from facade.spec.text.position import Lines, locate, unreadable
from facade.spec.text.yaml_core import read_yaml
from facade.spec.upgrade import upgrade

_MODERN: Final = re.compile(r"3\.[0-2](?:[.-].*)?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_STRAY: Final = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(128, 256)
}


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it stands in its text, with whatever made its reading doubtful."""

    text: str
    """Without a byte order mark."""
    tree: dict[str, Any]
    version: str
    problems: tuple[Problem, ...]


def load(text: str | bytes, *, limits: Limits = DEFAULT) -> tuple[Document, tuple[Problem, ...]]:
    """Reads JSON or YAML as an OpenAPI document, 2.0 in the shape of 3.0.

    What can be read is read; each doubt is a problem. Raises InvalidSpec, with
    line and column, where the text cannot be read, is no OpenAPI document, or
    is beyond the limits.
    """
    source = read(text, limits=limits)
    tree = upgrade(source.tree) if source.version == "2.0" else source.tree
    return Document(tree=tree, version=source.version), source.problems


def read(text: str | bytes, *, limits: Limits = DEFAULT) -> Source:
    """Reads a document as it is written, 2.0 in its own shape; raises as `load` does."""
    if len(text) > limits.size:
        message = f"the text is longer than {limits.size} bytes"
        raise unreadable("", 0, message)
    decoded, doubts = decode(text) if isinstance(text, bytes) else _checked(text)
    tree, problems = read_tree(decoded, limits)
    return Source(decoded, tree, version_of(decoded, tree), doubts + problems)


def decode(data: bytes) -> tuple[str, tuple[Problem, ...]]:
    """The text of UTF-8 bytes, stray bytes among them read as Windows-1252.

    Raises InvalidSpec for UTF-16 and UTF-32 (told by their marks or zero bytes, as in
    RFC 4627 section 3).
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:4]:
        raise unreadable("", 0, "the text is UTF-16 or UTF-32; save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode(), ()
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "surrogateescape").translate(_STRAY)
        offset = len(data[: error.start].decode())
    message = "bytes that are no UTF-8 stand here; they were read as Windows-1252"
    return text, (problem("invalid-encoding", message, "", **Lines(text).place(offset)._asdict()),)


def _checked(text: str) -> tuple[str, tuple[Problem, ...]]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise unreadable(text, error.start, "half a surrogate pair is no character") from None
    return text.removeprefix("\ufeff"), ()


def read_tree(text: str, limits: Limits = DEFAULT) -> tuple[Any, tuple[Problem, ...]]:
    """What a JSON or YAML text says, whatever it is, with each doubt; raises InvalidSpec."""
    if not text.lstrip().startswith("{"):
        return _parse_yaml(text, limits)
    try:
        return read_json(text, limits)
    except Broken as broken:
        offset, words = broken.offset, broken.words
    try:
        tree, problems = _parse_yaml(text, limits)
    except InvalidSpec:
        if re.match(r"\s*\{\s*\"", text):
            raise unreadable(text, offset, f"this is no JSON: {words}") from None
        raise
    place = Lines(text).place(offset)._asdict()
    message = "from here on the text is no JSON; it was read as YAML"
    return tree, (problem("json-as-yaml", message, "", **place), *problems)


def _parse_yaml(text: str, limits: Limits) -> tuple[Any, tuple[Problem, ...]]:
    control = _CONTROL.search(text)
    if control is None:
        return read_yaml(text, limits)
    tree, problems = read_yaml(_CONTROL.sub(" ", text), limits)
    place = Lines(text).place(control.start())._asdict()
    message = "a control character stands here; such were read as blanks"
    return tree, (problem("control-character", message, "", **place), *problems)


def version_of(text: str, tree: Any) -> str:
    """What the document says it is; a number is taken for the text that it should be.

    Raises InvalidSpec where it is no object, says nothing, or what is not known.
    """
    if not isinstance(tree, dict):
        what = "is empty" if tree is None else "must be an object with an `openapi` field"
        raise unreadable(text, 0, f"the document {what}")
    for field, pattern in (("openapi", _MODERN), ("swagger", re.compile(r"2\.0"))):
        if field in tree:
            version = str(tree[field])
            if pattern.fullmatch(version):
                return version
            message = f"`{field}: {version[:40]}` is not known; 2.0, 3.0, 3.1 and 3.2 are read"
            raise _refusal(text, f"/{field}", message)
    raise _refusal(text, "openapi", "the document has no field `openapi` (or `swagger`, for 2.0)")


def _refusal(text: str, field: str, description: str) -> InvalidSpec:
    pointer = field if field.startswith("/") else ""
    line, column, source = locate(text, [pointer])[pointer]
    shown = f"{description}; line {line}, column {column} is: {source}"
    details = Details(violations=(Violation(field=field, description=shown),))
    return InvalidSpec(f"The document cannot be read: {description}.", details=details)
