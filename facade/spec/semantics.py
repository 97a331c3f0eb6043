"""Whether the parts of a document that has its structure also fit each other."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from facade.model.action import Problem
from facade.model.field_names import TOKEN, is_framing
from facade.spec.document import Document, escape
from facade.spec.path import METHODS, VARIABLE, flaw, variables
from facade.spec.problems import problem
from facade.spec.schemas.reference import References
from facade.spec.semantics_schema import check_schemas
from facade.spec.structure.survey import Found, Reference, Survey

SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def check_semantics(document: Document, survey: Survey) -> Iterator[Problem]:
    """Finds what contradicts itself in a document as it is written, 2.0 in its own shape."""
    yield from _references(document, survey)
    yield from _operation_ids(survey.objects["Operation"])
    yield from _paths(document)
    for name in ("PathItem", "Operation"):
        for found in survey.objects[name]:
            yield from _parameter_list(document, found)
    yield from _security(document, survey.objects["SecurityRequirement"])
    for found in survey.objects["Server"]:
        yield from _server(found)
        yield from _address(found)
    for found in survey.objects["SecurityScheme"]:
        yield from _key(found)
    yield from _tags(document.tree.get("tags"))
    yield from check_schemas(survey)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _references(document: Document, survey: Survey) -> Iterator[Problem]:
    schemas = References(document)
    verdicts: dict[str, str] = {}
    for reference in survey.references:
        target = reference.target
        if target not in verdicts:
            verdicts[target] = _verdict(document, target)
        code = verdicts[target]
        if code == "circular-ref" or (code and not schemas.target(target, reference.pointer)):
            yield _bad_reference(code, reference)


def _verdict(document: Document, target: str) -> str:
    """The code of what is wrong with a reference that no `$id` or anchor gives a meaning."""
    if not target.startswith("#"):
        return "external-ref"
    if target[1:2] not in {"", "/"}:
        return "dangling-ref"
    try:
        document.follow({"$ref": target}, "")
    except LookupError as error:
        said = str(error.args[0])
        if said == target:
            return "dangling-ref"
        return "" if not said.startswith("/") else "circular-ref"
    return ""


def _bad_reference(code: str, reference: Reference) -> Problem:
    target = reference.target[:200]
    message = {
        "dangling-ref": f"`{target}` leads to nothing in this document",
        "external-ref": f"`{target}` is outside this document: give all of its files together",
        "circular-ref": f"`{target}` leads back to itself",
    }[code]
    return problem(code, message, f"{reference.pointer}/$ref")


def _operation_ids(operations: list[Found]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for found in sorted(operations, key=lambda each: each.pointer):
        name = found.node.get("operationId")
        if isinstance(name, str) and first.setdefault(name, found.pointer) != found.pointer:
            message = f"`{name[:100]}` is the operationId of {first[name]} already"
            yield problem("duplicate-operation-id", message, f"{found.pointer}/operationId")


def _paths(document: Document) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for path, item in _mapping(document.tree.get("paths")).items():
        if not path.startswith("/"):
            continue
        pointer = f"/paths/{escape(path)}"
        reason = flaw(path)
        if reason:
            yield problem("invalid-path", f"the path {reason}", pointer)
        if "?" in path or "#" in path:
            message = "a path has no query and no fragment: declare parameters"
            yield problem("suspicious-path", message, pointer)
        same = first.setdefault(VARIABLE.sub("{}", path), path)
        if same != path:
            message = f"the path differs from `{same[:200]}` only in its parameters' names"
            yield problem("equivalent-paths", message, pointer)
        yield from _path_parameters(document, path, item, pointer)


def _path_parameters(document: Document, path: str, item: Any, pointer: str) -> Iterator[Problem]:
    try:
        item, pointer = document.follow(item, pointer)
    except LookupError:
        return
    item = _mapping(item)
    expected = set(variables(path))
    shared, complete = _declared(document, item, pointer)
    yield from _unused(shared, expected, path)
    for method in METHODS & item.keys():
        operation = _mapping(item[method])
        place = f"{pointer}/{method}"
        own, all_known = _declared(document, operation, place)
        yield from _unused(own, expected, path)
        missing = expected - own.keys() - shared.keys() if complete and all_known else set()
        for name in sorted(missing):
            message = f"`{{{name[:80]}}}` of the path is not declared as a path parameter"
            yield problem("undeclared-path-parameter", message, place)


def _unused(declared: Mapping[str, str], expected: set[str], path: str) -> Iterator[Problem]:
    for name, pointer in declared.items():
        if name not in expected:
            message = f"there is no `{{{name[:80]}}}` in `{path[:200]}`"
            yield problem("unused-path-parameter", message, pointer)


def _declared(
    document: Document, node: Mapping[str, Any], pointer: str
) -> tuple[dict[str, str], bool]:
    """The path parameters of a list with their pointers, and whether all of it can be read."""
    found, complete = {}, True
    for index, each in enumerate(_list(node.get("parameters"))):
        place = f"{pointer}/parameters/{index}"
        try:
            parameter = _mapping(document.follow(each, place)[0])
        except LookupError:
            complete = False
            continue
        if parameter.get("in") == "path":
            found[str(parameter.get("name"))] = place
    return found, complete


def _parameter_list(document: Document, found: Found) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    body = ""
    for index, each in enumerate(_list(found.node.get("parameters"))):
        pointer = f"{found.pointer}/parameters/{index}"
        try:
            parameter = _mapping(document.follow(each, pointer)[0])
        except LookupError:
            continue
        location, name = str(parameter.get("in")), str(parameter.get("name"))
        if (location, name) in seen and "name" in parameter:
            message = f"`{name[:80]}` in {location} is in this list already"
            yield problem("duplicate-parameter", message, pointer)
        elif location in {"body", "formData"}:
            if body and "body" in {body, location}:
                message = "there can be one body: a whole one, or a form"
                yield problem("conflicting-fields", message, pointer)
            body = location
        seen.add((location, name))


def _security(document: Document, requirements: list[Found]) -> Iterator[Problem]:
    components = _mapping(document.tree.get("components"))
    declared = {
        *_mapping(document.tree.get("securityDefinitions")),
        *_mapping(components.get("securitySchemes")),
    }
    for found in requirements:
        for name in found.node.keys() - declared:
            message = f"no security scheme `{name[:80]}` is declared"
            pointer = f"{found.pointer}/{escape(name)}"
            yield problem("undeclared-security-scheme", message, pointer)


def _server(found: Found) -> Iterator[Problem]:
    url = found.node.get("url")
    declared = _mapping(found.node.get("variables"))
    for name in variables(url) if isinstance(url, str) else ():
        if name not in declared:
            message = f"the variable `{{{name[:80]}}}` is not declared"
            yield problem("undeclared-server-variable", message, f"{found.pointer}/url")
    for name, variable in declared.items():
        values = _mapping(variable).get("enum")
        if isinstance(values, list) and values and _mapping(variable).get("default") not in values:
            pointer = f"{found.pointer}/variables/{escape(name)}"
            message = "the default is not one of the enum's values"
            yield problem("server-default-not-in-enum", message, f"{pointer}/default")


def _address(found: Found) -> Iterator[Problem]:
    """An absolute URL that no call can go to."""
    url = found.node.get("url")
    if not isinstance(url, str) or not SCHEME.match(url) or VARIABLE.search(url):
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and bool(parts.hostname)
    except ValueError:
        parts, usable = None, False
    if not usable or (parts and "@" in parts.netloc):
        message = "no call can go there: it must be an http or https URL without a user"
        yield problem("unusable-server", message, f"{found.pointer}/url")


def _key(found: Found) -> Iterator[Problem]:
    """An API key in a field that is the wire's own, or under a name that is none."""
    name, place = found.node.get("name"), found.node.get("in")
    if found.node.get("type") != "apiKey" or not isinstance(name, str):
        return
    broken = place in {"header", "cookie"} and not TOKEN.fullmatch(name)
    if broken or (place == "header" and is_framing(name)):
        message = f"no key can go into the {place} `{name[:80]}`"
        yield problem("unusable-scheme", message, f"{found.pointer}/name")


def _tags(tags: Any) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, tag in enumerate(_list(tags)):
        name = _mapping(tag).get("name")
        if isinstance(name, str):
            if name in seen:
                message = f"there is a tag `{name[:80]}` already"
                yield problem("duplicate-tag", message, f"/tags/{index}/name")
            seen.add(name)
