"""The mapping report: what of a document maps exactly, what comes close, and what stays opaque."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from facade.spec.document import Document, unescape
from facade.spec.load import Source
from facade.spec.spec import Spec
from facade.spec.structure.survey import Survey, survey
from facade.spec.text.numbers import dumps
from facade.spec.text.position import locate
from facade.spec.typed import notes
from facade.spec.upgrade import original


class Fidelity(StrEnum):
    """How a part of a document becomes a call that does not as the standard defines it."""

    APPROXIMATE = "approximate"
    """Called and answered, but by a rule of Portico's own, or with something left unchecked."""
    OPAQUE = "opaque"
    """Passed on as it is, without being understood, or not offered at all."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a part does not map exactly."""

    fidelity: Fidelity
    meaning: str
    """One line for docs."""
    remedy: str
    """What makes it exact."""


def _close(meaning: str, remedy: str) -> Kind:
    return Kind(Fidelity.APPROXIMATE, meaning, remedy)


def _opaque(meaning: str, remedy: str) -> Kind:
    return Kind(Fidelity.OPAQUE, meaning, remedy)


CATALOGUE: Final = {
    "generated-id": _close(
        "An operation has no operationId of its own; its action is named by method and path.",
        "Give it an operationId that no other operation has.",
    ),
    "set-aside": _opaque(
        "No request can be made of an operation; its action is listed and cannot be called.",
        "Mend what the problem at the same place says.",
    ),
    "callback": _opaque(
        "A callback or webhook: the backend would call, and nothing listens.",
        "Let the backend call a receiver of its own.",
    ),
    "link": _close(
        "A link to another operation is not followed by itself.",
        "Call the action that it names with the values that it names.",
    ),
    "ignored-header": _close(
        "Accept, Content-Type and Authorization are no arguments (OAS 3.2 section 4.12.2.1).",
        "Choose by `accept`, `content_type` and the version's credentials; remove the parameter.",
    ),
    "untyped-parameter": _opaque(
        "A parameter has neither `schema` nor `content`; any value is taken and written as text.",
        "Give it a schema.",
    ),
    "replaced-style": _close(
        "A style that the standard does not have at this place; the place's default is used.",
        "Name a style of the place, or none.",
    ),
    "nested-value": _close(
        "The style has no form for an object or array within a value; it is written as JSON.",
        "Use `content: {application/json: …}`, or `deepObject` in a query.",
    ),
    "deep-object-array": _close(
        "The standard leaves open how an array within a deepObject is written.",
        "Set the version's `serialization.deep_object_arrays` to what the backend reads.",
    ),
    "untyped-body": _opaque(
        "A request body has no schema: nothing of it is checked.",
        "Give the media type a schema.",
    ),
    "untyped-answer": _opaque(
        "An answer has content but no schema: nothing of it is checked.",
        "Give the media type a schema.",
    ),
    "opaque-media-type": _opaque(
        "A format that is carried as bytes, though a schema describes what they mean.",
        "Offer JSON, a form or XML beside it.",
    ),
    "no-success": _close(
        "No successful answer is declared; any 2xx is delivered, unchecked.",
        "Declare the answer of a success.",
    ),
    "unknown-format": _close(
        "A `format` that is not checked; the value is sent as it is.",
        "Say it by `pattern`, `minimum` and `maximum` where it matters.",
    ),
    "unchecked-pattern": _close(
        "A regular expression that does not run in linear time is not checked.",
        "Write it without look-around and back-references.",
    ),
    "dangling-reference": _opaque(
        "A reference leads to nothing; in its place anything is allowed.",
        "Add what it refers to, or upload the files together.",
    ),
    "foreign-token": _close(
        "The way to a token is not walked: the token itself must be given.",
        "Give the version a bearer credential for the scheme.",
    ),
    "unsupported-scheme": _opaque(
        "A way to sign that no credential has.",
        "Sign by a header: an apiKey credential with `location` and `parameter`.",
    ),
    "server-needed": _opaque(
        "The document says no complete address of the backend.",
        "Set the version's `direct.base_uri`, or the document's `servers`.",
    ),
    "more-servers": _close(
        "Of several servers the first is called.",
        "Set the version's `direct.balancing`, or `direct.base_uri` to the one that is meant.",
    ),
    "method-name": _close(
        "Two operations are one name in gRPC's style; the second method has a hash behind it.",
        "Give them operationIds that differ in more than case and punctuation.",
    ),
    "many-arguments": _opaque(
        "An operation of more than 3,000 parameters has no typed method.",
        "Call it by ExecuteAction, or give it an object as its body.",
    ),
    "no-http-rule": _close(
        "google.api.http has no words for an operation; its method has none of it.",
        "Only transcoders ask for it: a path of whole segments, each value one, a body of JSON.",
    ),
    "one-body-type": _close(
        "A body has several media types with several schemas; the method has the preferred one's.",
        "Call ExecuteAction with `content_type` for the others, or give all of them one schema.",
    ),
    **{code: _close(*each) for code, each in notes.CLOSE.items()},
    **{code: _opaque(*each) for code, each in notes.OPAQUE.items()},
}  # fmt: skip
"""Every code of the report, by its word."""

REMOVE: Final = "remove"

PARTS: Final = {
    "operations": "Operation",
    "parameters": "Parameter",
    "media types": "MediaType",
    "responses": "Response",
    "schemas": "Schema",
    "security schemes": "SecurityScheme",
    "servers": "Server",
}
"""The parts that are counted, and the standard's name of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One part that does not map exactly."""

    code: str
    message: str
    pointer: str
    """Into the document as it is written (RFC 6901)."""
    part: str = ""
    """Which of the counted parts it is one of; empty for none."""
    fix: Any = None
    """What an Overlay merges into the place to mend it; REMOVE takes the place away."""
    overlay: str = ""
    """The same as an action of an Overlay document (OAI Overlay 1.0 section 4.4), in YAML."""
    line: int = 0
    column: int = 0
    source: str = ""
    file: str = ""
    """Of several, the one that it stands in."""

    @property
    def fidelity(self) -> Fidelity:
        """How well the part maps."""
        return CATALOGUE[self.code].fidelity

    @property
    def remedy(self) -> str:
        """What makes it exact."""
        return CATALOGUE[self.code].remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many parts of one kind map how well."""

    part: str
    exact: int
    approximate: int
    opaque: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingReport:
    """What of a document maps exactly, and what does not."""

    tallies: tuple[Tally, ...] = ()
    notes: tuple[Note, ...] = ()
    """In the document's order."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A document as the rules of the report see it: in the shape of OpenAPI 3."""

    document: Document
    spec: Spec
    survey: Survey
    swagger: bool
    """Whether it is written as 2.0, which an overlay must follow."""
    seen: dict[str, bool] = field(default_factory=dict)
    """What each pattern came to, looked at once."""


def subject_of(document: Document, spec: Spec) -> Subject:
    """Surveys a document for the rules."""
    swagger = document.version == "2.0"
    surveyed = survey(document.tree, "3.0.4" if swagger else document.version)
    return Subject(document, spec, surveyed, swagger)


def assemble(found: Iterable[Note], subject: Subject, source: Source) -> MappingReport:
    """The report of what the rules found, each note with its place in the text."""
    notes = _distinct(found)
    tallies = tuple(_tally(part, notes, subject.survey) for part in PARTS)
    if subject.swagger:
        moved = (replace(each, pointer=original(each.pointer, source.tree)) for each in notes)
        notes = _distinct(moved)
    places = locate(source.text, {each.pointer for each in notes})
    placed = [
        replace(each, overlay=_overlay(each, source.tree), **places[each.pointer]._asdict())
        for each in notes
    ]
    ordered = sorted(placed, key=lambda each: (each.line, each.column, each.code, each.pointer))
    return MappingReport(tallies=tallies, notes=tuple(ordered))


def _distinct(notes: Iterable[Note]) -> list[Note]:
    return list({(each.code, each.message, each.pointer): each for each in notes}.values())


def _tally(part: str, notes: list[Note], surveyed: Survey) -> Tally:
    """Each part counts once, by the worst that is said of it."""
    worst: dict[str, Fidelity] = {}
    for each in notes:
        if each.part == part and worst.get(each.pointer) is not Fidelity.OPAQUE:
            worst[each.pointer] = each.fidelity
    counts = Counter(worst.values())
    close, opaque = counts[Fidelity.APPROXIMATE], counts[Fidelity.OPAQUE]
    total = len(surveyed.objects[PARTS[part]])
    exact = max(total - close - opaque, 0)
    return Tally(part=part, exact=exact, approximate=close, opaque=opaque)


def overlay_of(actions: Iterable[str], title: str) -> str:
    """An Overlay document of the notes' actions, as YAML."""
    info = json.dumps({"title": title, "version": "1.0.0"}, ensure_ascii=False)
    listed = "".join(dict.fromkeys(actions))
    return f"overlay: 1.0.0\ninfo: {info}\nactions:" + (f"\n{listed}" if listed else " []\n")


def _overlay(note: Note, tree: Any) -> str:
    if note.fix is None:
        return ""
    target = json.dumps(_path(note.pointer, tree), ensure_ascii=False)
    if note.fix == REMOVE:
        return f"- target: {target}\n  remove: true\n"
    return f"- target: {target}\n  update: {dumps(note.fix, ensure_ascii=False)}\n"


def _path(pointer: str, tree: Any) -> str:
    """A JSON pointer as a normalized JSONPath (RFC 9535 section 2.7)."""
    node, path = tree, "$"
    for token in pointer.split("/")[1:]:
        name = unescape(token)
        if isinstance(node, list) and name.isdecimal():
            path += f"[{name}]"
            node = node[int(name)] if int(name) < len(node) else None
        else:
            escaped = name.replace("\\", "\\\\").replace("'", "\\'")
            path += f"['{escaped}']"
            node = node.get(name) if isinstance(node, dict) else None
    return path
