"""The catalogue of what can be wrong with a document: code, severity, meaning."""

from dataclasses import dataclass
from typing import Final

from facade.model.action import Problem


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    severity: str
    """`error`: the document breaks the standard; `warning`: it is doubtful."""
    meaning: str
    """One line for docs."""


def _error(meaning: str) -> Kind:
    return Kind("error", meaning)


def _warning(meaning: str) -> Kind:
    return Kind("warning", meaning)


CATALOGUE: Final = {
    # The text itself.
    "invalid-encoding": _error("Bytes that are no UTF-8; they were read as Windows-1252."),
    "control-character": _error("A raw control character; JSON wants it escaped."),
    "json-syntax": _error("The JSON has a slip (a comma, a comment) that could be read past."),
    "json-as-yaml": _warning("The text begins like JSON but is none; it was read as YAML."),
    "duplicate-key": _error("A key stands twice in one object; the last one counts."),
    "merge-key": _error("A YAML merge key (`<<`), which YAML 1.2 does not have; it was merged."),
    "not-finite": _error("NaN, infinity or a number beyond a double; it was read as null."),
    # The structure.
    "wrong-type": _error("A value is not of the type that the standard gives its field."),
    "missing-field": _error("A required field is absent."),
    "unknown-field": _error("A field that the standard does not have and that has no `x-`."),
    "invalid-value": _error("A value is not one of those that the standard allows."),
    "malformed-address": _warning("A URL or an e-mail address that is none."),
    "invalid-name": _error("A component's name has characters outside A-Z a-z 0-9 . - _."),
    "invalid-path": _error("A path does not begin with a slash, or its braces do not match."),
    "invalid-status": _error("A response's key is no status, no range such as 4XX, not default."),
    "invalid-media-type": _error("A key of `content` is no media type."),
    "conflicting-fields": _error("Fields that exclude each other stand together."),
    "misplaced-ref": _error("A `$ref` stands where the standard allows none."),
    "ignored-sibling": _warning("A field beside `$ref` is ignored before OpenAPI 3.1."),
    # What the parts mean to each other.
    "dangling-ref": _error("A `$ref` leads to nothing."),
    "external-ref": _error("A `$ref` leads to a file that is not read: elsewhere, or outside."),
    "unreadable-file": _error("A file that a `$ref` leads to is neither JSON nor YAML."),
    "circular-ref": _error("A chain of `$ref`s leads back to itself."),
    "duplicate-operation-id": _error("Two operations have one operationId."),
    "duplicate-parameter": _error("A parameter stands twice in one list."),
    "duplicate-tag": _error("Two tags have one name."),
    "equivalent-paths": _error("Two paths differ only in the names of their parameters."),
    "undeclared-path-parameter": _error("The path has a {parameter} that is not declared."),
    "unused-path-parameter": _error("A path parameter is declared but not in the path."),
    "suspicious-path": _warning("A path has a query or a fragment in it."),
    "undeclared-security-scheme": _error("A requirement names a scheme that is not declared."),
    "undeclared-server-variable": _warning("A server's URL has a {variable} not declared."),
    "unusable-server": _warning("A server's URL that no call can go to."),
    "unusable-scheme": _warning("An API key goes where no credential can go."),
    "server-default-not-in-enum": _warning("A server variable's default is not in its enum."),
    "wrong-default": _warning("A default does not fit the type or enum of its own schema."),
    "undeclared-required": _warning("`required` names a property that is not declared."),
    "unsupported-pattern": _warning("A regular expression that no linear-time engine runs."),
}  # fmt: skip
"""Every code that `report` and `load` use, by its word."""


def problem(code: str, message: str, pointer: str, **place: str | int) -> Problem:
    """A problem of the catalogue; `place` is its line, column and source where known.

    The message becomes a sentence, whoever wrote it.
    """
    return Problem(
        code=code,
        message=f"{message[:1].upper()}{message[1:].removesuffix('.')}.",
        pointer=pointer,
        severity=CATALOGUE[code].severity,
        line=int(place.get("line", 0)),
        column=int(place.get("column", 0)),
        source=str(place.get("source", "")),
    )
