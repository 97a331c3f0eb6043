"""A typed service as the text of a .proto file, formatted as `buf format` does it.

`buf lint` with its default rules finds nothing in it: what does not hold by Portico's own rules is
excused where it stands.
"""

import re
from collections import Counter
from collections.abc import Iterator

from facade.model.typed import Enum, Field, Http, Message, Method, Streaming, TypedService
from facade.spec.typed.comments import comment
from facade.spec.typed.layout import PATTERNS, Names, Scope, groups, imports

INDENT = "  "
VERSION = re.compile(r"(.*\.)?v[1-9][0-9]*")
"""The packages whose last word is a version to `buf lint`, of those that it knows."""

PRELUDE = "// Made by Portico of an OpenAPI document; changes belong there."


def proto_text(service: TypedService, package: str) -> str:
    """The file of a numbered service; `package` is what its names begin with."""
    return "\n".join(_lines(service, package)) + "\n"


def _lines(service: TypedService, package: str) -> Iterator[str]:
    names = Names(service, package)
    yield from (PRELUDE, "", 'syntax = "proto3";', "")
    if not VERSION.fullmatch(package):
        yield _ignore("", "PACKAGE_VERSION_SUFFIX")
    yield f"package {package};"
    files = imports(service)
    yield from ("", *(f'import "{file}";' for file in files)) if files else ()
    yield ""
    yield from _service(service, names)
    for message in service.messages.values():
        yield ""
        yield from _message(message, names)
    for enum in service.enums.values():
        yield ""
        yield from _enum(enum)


def _service(service: TypedService, names: Names) -> Iterator[str]:
    yield from comment(service.comment, "")
    if not service.methods:
        yield f"service {service.name} {{}}"
        return
    uses = Counter(ref for method in service.methods for ref in {method.request, method.response})
    yield f"service {service.name} {{"
    for at, method in enumerate(service.methods):
        if at:
            yield ""
        yield from comment(method.comment, INDENT)
        for rule in _excused(method, service, uses):
            yield _ignore(INDENT, rule)
        yield from _method(method, names)
    yield "}"


def _excused(method: Method, service: TypedService, uses: Counter[str]) -> Iterator[str]:
    """The rules of `buf lint` that do not hold for a method, since a get answers the resource."""
    parts = ((method.request, "Request"), (method.response, "Response"))
    if any(uses[ref] > 1 for ref, _ in parts) or method.request == method.response:
        yield "RPC_REQUEST_RESPONSE_UNIQUE"
    for ref, word in parts:
        standard = (f"{method.name}{word}", f"{service.name}{method.name}{word}")
        if service.messages[ref].name not in standard:
            yield f"RPC_{word.upper()}_STANDARD_NAME"


def _method(method: Method, names: Names) -> Iterator[str]:
    stream = "" if method.streaming is Streaming.NONE else "stream "
    asked, answered = names.in_method(method.request), names.in_method(method.response)
    head = f"{INDENT}rpc {method.name}({asked}) returns ({stream}{answered})"
    options = [f"{each};" for each in _method_options(method)]
    if method.http:
        options += _http(method.http, names.google("google.api.http"))
    if not options:
        yield f"{head};"
        return
    yield f"{head} {{"
    yield from (f"{INDENT * 2}{each}" for each in options)
    yield f"{INDENT}}}"


def _method_options(method: Method) -> Iterator[str]:
    if method.deprecated:
        yield "option deprecated = true"
    if method.idempotency:
        yield f"option idempotency_level = {method.idempotency}"


def _http(http: Http, extension: str) -> Iterator[str]:
    head = f"option ({extension}) = "
    if http.method in PATTERNS:
        facts = [f"{http.method.lower()}: {quoted(http.path)}"]
    else:
        within = (f"kind: {quoted(http.method)}", f"path: {quoted(http.path)}")
        facts = ["custom: {", *(f"{INDENT}{each}" for each in within), "}"]
    facts += [f"body: {quoted(http.body)}"] if http.body else []
    facts += [f"response_body: {quoted(http.response_body)}"] if http.response_body else []
    if len(facts) == 1:
        yield f"{head}{{{facts[0]}}};"
        return
    yield f"{head}{{"
    yield from (f"{INDENT}{each}" for each in facts)
    yield "};"


def _message(message: Message, names: Names) -> Iterator[str]:
    yield from comment(message.comment, "")
    scope = Scope(message, names)
    blocks = [list(_oneof(*group, scope)) for group in groups(message)]
    head = ["option deprecated = true;"] if message.deprecated else []
    yield from _block("message", message.name, head, message.reserved, blocks)


def _block(
    word: str,
    name: str,
    head: list[str],
    reserved: tuple[tuple[int, int], ...],
    blocks: list[list[str]],
) -> Iterator[str]:
    """A message or an enum; what has lines of its own stands apart from its neighbours."""
    spans = ", ".join(f"{a} to {z}" if a < z else str(a) for a, z in reserved)
    begins = head + ([f"reserved {spans};"] if spans else [])
    blocks = ([[f"{INDENT}{each}" for each in begins]] if begins else []) + blocks
    if not blocks:
        yield f"{word} {name} {{}}"
        return
    yield f"{word} {name} {{"
    for at, lines in enumerate(blocks):
        apart = at and (len(lines) > 1 or len(blocks[at - 1]) > 1 or (begins and at == 1))
        yield from [""] if apart else []
        yield from lines
    yield "}"


def _oneof(oneof: str, fields: tuple[Field, ...], scope: Scope) -> Iterator[str]:
    if not oneof:
        yield from _field(fields[0], scope, INDENT)
        return
    yield f"{INDENT}oneof {oneof} {{"
    for field in fields:
        yield from _field(field, scope, INDENT * 2)
    yield f"{INDENT}}}"


def _field(field: Field, scope: Scope, indent: str) -> Iterator[str]:
    yield from comment(field.comment, indent)
    written = scope.type(field)
    if field.keyed:
        written = f"map<string, {written}>"
    elif field.repeated:
        written = f"repeated {written}"
    elif field.optional and not field.oneof:
        written = f"optional {written}"
    line = f"{indent}{written} {field.name} = {field.number}"
    options = list(_field_options(field, scope))
    if len(options) < 2:
        yield f"{line} [{options[0]}];" if options else f"{line};"
        return
    yield f"{line} ["
    yield from (f"{indent}{INDENT}{each}," for each in options[:-1])
    yield f"{indent}{INDENT}{options[-1]}"
    yield f"{indent}];"


def _field_options(field: Field, scope: Scope) -> Iterator[str]:
    if field.deprecated:
        yield "deprecated = true"
    if name := scope.json(field):
        yield f"json_name = {quoted(name)}"


def _enum(enum: Enum) -> Iterator[str]:
    yield from comment(enum.comment, "")
    blocks = [[f"{INDENT}{enum.zero} = 0;"]]
    for value in enum.values:
        line = f"{INDENT}{value.name} = {value.number};"
        blocks.append([*comment(value.comment, INDENT), line])
    yield from _block("enum", enum.name, [], enum.reserved, blocks)


def quoted(text: str) -> str:
    """A text as a string literal."""
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def _ignore(indent: str, rule: str) -> str:
    return f"{indent}// buf:lint:ignore {rule}"
