"""The rules of the mapping report: which parts of a document do not map exactly, and why."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from facade.model.action import Location, Style
from facade.model.field_names import is_ignored
from facade.model.formats import ASSERTED
from facade.spec.document import escape, unescape
from facade.spec.limits import DEFAULT, Limits
from facade.spec.load import load, read
from facade.spec.mapping import (
    REMOVE,
    MappingReport,
    Note,
    Subject,
    assemble,
    subject_of,
)
from facade.spec.media import MULTIPART, OTHER, TEXT, kind
from facade.spec.naming import legal
from facade.spec.parameter_list import STYLES
from facade.spec.path import VARIABLE
from facade.spec.schemas.reference import References
from facade.spec.semantics_schema import is_linear
from facade.spec.spec import Spec
from facade.spec.structure.survey import Found
from facade.spec.typed.service import typed

CHECKED: Final = ASSERTED | {"binary", "base64url"}
"""Formats that a value is held to, or that say how bytes are written."""
HARMLESS: Final = frozenset(
    {"float", "double", "password", "string", "number", "integer", "boolean", "html", "markdown"}
)
"""Formats that ask nothing of a value beyond its type."""
ABSOLUTE: Final = re.compile(r"https?://[^/{}?#]+(?:[/?]|$)", re.IGNORECASE)
NESTED: Final = frozenset({"array", "object"})
OF_OPERATIONS: Final = frozenset({"many-arguments", "method-name", "no-http-rule", "one-body-type"})
"""Notes on the typed service that are of operations; the others are of schemas."""
DEPTH: Final = 4
"""Levels of a parameter's schema that are looked through."""


def mapping_report(text: str | bytes, spec: Spec, *, limits: Limits = DEFAULT) -> MappingReport:
    """Says of a document that has been read what does not map exactly, with places and remedies.

    Compiles every action and looks through every schema, which takes its time.
    """
    subject = subject_of(load(text, limits=limits)[0], spec)
    found = (note for rule in RULES for note in rule(subject))
    return assemble(found, subject, read(text, limits=limits))


def _operations(subject: Subject) -> Iterator[Note]:
    for name in subject.spec.ids:
        action = subject.spec.action(name)
        node = _mapping(subject.document.find(action.pointer))
        said = node.get("operationId")
        if said != action.id:
            why = f"is called `{action.id}`" if not said else f"`{said}` is called `{action.id}`"
            fix = {"operationId": action.id} if legal(action.id) else None
            yield _note("generated-id", action.pointer, why, "operations", fix)
        for each in action.problems[:1]:
            message = f"`{action.id}` cannot be called: {each.message}"
            yield _note("set-aside", action.pointer, message, "operations")
        if not any(each.status[0] in "2d" for each in action.responses):
            message = f"`{action.id}` declares no successful answer"
            yield _note("no-success", action.pointer, message, "operations")


def _callbacks(subject: Subject) -> Iterator[Note]:
    for found in subject.survey.objects["Callback"]:
        yield _note("callback", found.pointer, f"the callback `{_last(found)}` is not received")
    for name in _mapping(subject.document.tree.get("webhooks")):
        pointer = f"/webhooks/{escape(name)}"
        yield _note("callback", pointer, f"the webhook `{name}` is not received")
    for found in subject.survey.objects["Link"]:
        yield _note("link", found.pointer, f"the link `{_last(found)}` is not followed")


def _parameters(subject: Subject) -> Iterator[Note]:
    schemas = References(subject.document)
    for found in subject.survey.objects["Parameter"]:
        node, name, place = found.node, found.node.get("name"), found.node.get("in")
        if place == Location.HEADER and is_ignored(str(name)):
            message = f"the header `{name}` is no argument"
            yield _note("ignored-header", found.pointer, message, "parameters", REMOVE)
        elif not {"schema", "content", "type"} & node.keys():
            fix = {"type": "string"} if subject.swagger else {"schema": {"type": "string"}}
            yield _note("untyped-parameter", found.pointer, f"`{name}`", "parameters", fix)
        elif isinstance(place, str) and place in STYLES and "content" not in node:
            yield from _style(found, STYLES[place], schemas)


def _style(found: Found, allowed: tuple[Style, ...], schemas: References) -> Iterator[Note]:
    name, said = found.node.get("name"), found.node.get("style", allowed[0])
    tabular = {Style.SPACE, Style.PIPE, Style.TAB}
    if said not in allowed and said not in tabular:
        message = f"`{name}` is written as `{allowed[0].value}`, not as `{said}`"
        fix = {"style": allowed[0].value}
        yield _note("replaced-style", found.pointer, message, "parameters", fix)
    pointer = f"{found.pointer}/schema"
    below = _below(schemas, pointer)
    if allowed[0] is Style.FORM and found.node.get("explode", said == Style.FORM) is True:
        below = [each for inner in below for each in _repeated(schemas, *inner)]
    if said == Style.DEEP_OBJECT:
        whole = (pointer, _types(schemas, pointer))
        if any("array" in types for _, types in (whole, *_descend(schemas, pointer, DEPTH))):
            message = f"`{name}` may hold an array"
            yield _note("deep-object-array", found.pointer, message, "parameters")
    elif any(types & NESTED for _, types in below):
        message = f"`{name}` may hold objects or arrays within its value"
        yield _note("nested-value", found.pointer, message, "parameters")


def _repeated(schemas: References, pointer: str, types: set[str]) -> list[tuple[str, set[str]]]:
    """What of a member is written as one text where each item of an array is a pair."""
    *_, around, name = pointer.split("/")
    is_member = around == "properties" or name == "additionalProperties"
    is_array = is_member and types <= {"array", "null"}
    return _below(schemas, pointer) if is_array else [(pointer, types)]


def _below(schemas: References, pointer: str) -> list[tuple[str, set[str]]]:
    """The schemas one level below, with the types that they allow."""
    found = []
    for at, part in schemas.parts(pointer).items():
        named = _mapping(part.get("properties"))
        places = [f"{at}/properties/{escape(name)}" for name in named]
        places += [f"{at}/{key}" for key in ("items", "additionalProperties") if key in part]
        found += [(place, _types(schemas, place)) for place in places]
    return found


def _descend(schemas: References, pointer: str, depth: int) -> Iterator[tuple[str, set[str]]]:
    if depth:
        for place, types in _below(schemas, pointer):
            yield place, types
            yield from _descend(schemas, place, depth - 1)


def _types(schemas: References, pointer: str) -> set[str]:
    listed = [part.get("type") for part in schemas.parts(pointer).values()]
    flat = [each for one in listed for each in (one if isinstance(one, list) else [one])]
    return {each for each in flat if isinstance(each, str)}


def _media_types(subject: Subject) -> Iterator[Note]:
    for found in subject.survey.objects["MediaType"]:
        if "/parameters/" in found.pointer or "/headers/" in found.pointer:
            continue
        name = _last(found)
        sent = "/requestBody/" in found.pointer or "/requestBodies/" in found.pointer
        schema = found.node.get("schema", found.node.get("itemSchema"))
        if schema is None and kind(name) <= MULTIPART:
            code = "untyped-body" if sent else "untyped-answer"
            fix = None if subject.swagger else {"schema": {"type": "object"}}
            yield _note(code, found.pointer, f"`{name}` has no schema", "media types", fix)
        elif kind(name) in {OTHER, TEXT} and _is_structured(name, schema):
            message = f"`{name}` is carried as it is"
            yield _note("opaque-media-type", found.pointer, message, "media types")


def _is_structured(name: str, schema: Any) -> bool:
    """Whether a schema says more of some bytes than that they are bytes or text."""
    understood = name.lower().partition(";")[0].rstrip().endswith(("xml", "jsonl", "ndjson", "seq"))
    streamed = name.lower().startswith("text/event-stream")
    types = {"object", "array"} & {_mapping(schema).get("type")}
    return not understood and not streamed and bool(types or "properties" in _mapping(schema))


def _schemas(subject: Subject) -> Iterator[Note]:
    for found in subject.survey.objects["Schema"]:
        said, pattern = found.node.get("format"), found.node.get("pattern")
        if isinstance(said, str) and said not in CHECKED | HARMLESS:
            place = f"{found.pointer}/format"
            yield _note("unknown-format", place, f"`{said}` is not checked", "schemas", REMOVE)
        if isinstance(pattern, str):
            if pattern not in subject.seen:
                subject.seen[pattern] = is_linear(pattern)
            if not subject.seen[pattern]:
                place = f"{found.pointer}/pattern"
                message = f"`{pattern}` is not checked"
                yield _note("unchecked-pattern", place, message, "schemas", REMOVE)


def _security(subject: Subject) -> Iterator[Note]:
    for found in subject.survey.objects["SecurityScheme"]:
        name, said = _last(found), found.node.get("type")
        scheme = str(found.node.get("scheme", "")).lower()
        if said in {"oauth2", "openIdConnect"}:
            message = f"`{name}` signs with a token that is given"
            yield _note("foreign-token", found.pointer, message, "security schemes")
        elif said == "mutualTLS" or (said == "http" and scheme not in {"basic", "bearer"}):
            message = f"`{name}` ({scheme or said}) cannot sign"
            yield _note("unsupported-scheme", found.pointer, message, "security schemes")


def _servers(subject: Subject) -> Iterator[Note]:
    listed = subject.document.tree.get("servers")
    if not listed:
        yield _note("server-needed", "", "the document names no server")
    for found in subject.survey.objects["Server"]:
        url = str(found.node.get("url", ""))
        if not ABSOLUTE.match(_filled(url, _mapping(found.node.get("variables")))):
            yield _note("server-needed", found.pointer, f"`{url}` is no whole address", "servers")
    if isinstance(listed, list) and len(listed) > 1:
        message = f"the first of {len(listed)} servers is called"
        yield _note("more-servers", "/servers", message)


def _filled(url: str, variables: Mapping[str, Any]) -> str:
    """A server's URL with the defaults of its variables; one without any stays in its braces."""
    return VARIABLE.sub(
        lambda match: str(_mapping(variables.get(match[1])).get("default") or match[0]), url
    )


def _references(subject: Subject) -> Iterator[Note]:
    schemas = References(subject.document)
    for reference in subject.survey.references:
        if _dangles(subject, schemas, reference.target, reference.pointer):
            message = f"`{reference.target}` leads to nothing"
            yield _note("dangling-reference", reference.pointer, message)


def _dangles(subject: Subject, schemas: References, target: str, pointer: str) -> bool:
    try:
        subject.document.follow({"$ref": target}, pointer)
    except LookupError as error:
        circular = str(error.args[0]) != target and target.startswith("#")
        return not circular and not schemas.target(target, pointer)
    return False


def _typed(subject: Subject) -> Iterator[Note]:
    """What becomes a gRPC type or method by a rule of its own."""
    for each in typed(subject.spec).notes:
        part = "operations" if each.code in OF_OPERATIONS else "schemas"
        yield _note(each.code, each.pointer, each.message, part)


RULES: Final[tuple[Callable[[Subject], Iterator[Note]], ...]] = (
    _operations,
    _callbacks,
    _parameters,
    _media_types,
    _schemas,
    _security,
    _servers,
    _references,
    _typed,
)


def _note(code: str, pointer: str, message: str, part: str = "", fix: Any = None) -> Note:
    sentence = f"{message[:1].upper()}{message[1:300].removesuffix('.')}."
    return Note(code=code, message=sentence, pointer=pointer, part=part, fix=fix)


def _last(found: Found) -> str:
    """The key under which an object stands."""
    return unescape(found.pointer.rpartition("/")[2])


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
