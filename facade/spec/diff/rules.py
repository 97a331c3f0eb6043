"""The catalogue of what can differ between two documents: rule, verdict, meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from facade.model.difference import Finding, Place, Verdict
from facade.spec.typed.breaking import BREAKING


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of difference."""

    verdict: Verdict
    meaning: str
    """One line for docs."""


def _safe(meaning: str) -> Rule:
    return Rule(Verdict.SAFE, meaning)


def _source(meaning: str) -> Rule:
    return Rule(Verdict.SOURCE_BREAKING, meaning)


def _wire(meaning: str) -> Rule:
    return Rule(Verdict.WIRE_BREAKING, meaning)


OPERATIONS: Final = {
    "operation-added": _safe("A new operation."),
    "operation-removed": _wire("An operation is gone."),
    "operation-renamed": _source("Method and path stayed, but the action has another id."),
    "operation-moved": _wire("The id stayed, but method or path is another."),
    "operation-deprecated": _safe("The operation is marked as deprecated."),
    "operation-restored": _safe("An operation can be called now, or is not deprecated any more."),
    "operation-set-aside": _wire("No request can be made of the operation any more."),
    "alias-lost": _safe("The path's last segment no longer names this action; its id does."),
    "security-tightened": _wire("What signed a call does not suffice any more."),
    "security-loosened": _safe("There are more ways to sign a call, or a call needs no signature."),
    "security-renamed": _source("A security scheme has another name; credentials name it."),
    "servers-changed": _safe("The backend is elsewhere; callers are not told, credentials may be."),
    "paging-lost": _wire("Nothing is known any more of how the answers go on, page by page."),
    "paging-changed": _source("The answers go on by another rule, page by page."),
    "paging-gained": _safe("It is known now how the answers go on, page by page."),
}  # fmt: skip
PARAMETERS: Final = {
    "parameter-added": _safe("A new parameter that may be left out."),
    "parameter-added-required": _wire("A new parameter that a call cannot be without."),
    "parameter-removed": _wire("A parameter is gone; a call that gives it is refused."),
    "parameter-renamed": _source("A variable of the path has another name."),
    "parameter-moved": _wire("The parameter goes to another place of the request."),
    "parameter-restyled": _wire("The same value is written in another way."),
    "parameter-became-required": _wire("A call cannot be without the parameter any more."),
    "parameter-became-optional": _safe("The parameter may be left out now."),
    "parameter-deprecated": _safe("The parameter is marked as deprecated."),
    "argument-renamed": _source("Callers give the parameter by another key."),
    "argument-folded": _source("A property of the body can only be given within `body`."),
}  # fmt: skip
BODIES: Final = {
    "body-added": _safe("A body can be given now."),
    "body-added-required": _wire("A call cannot be without a body now."),
    "body-removed": _wire("No body is taken any more."),
    "body-became-required": _wire("A call cannot be without its body any more."),
    "body-became-optional": _safe("The body may be left out now."),
    "request-media-type-added": _safe("One more media type is taken."),
    "request-media-type-removed": _wire("A media type is not taken any more."),
    "encoding-changed": _wire("Parts of a form or multipart body are written in another way."),
    "success-status-added": _wire("A success that was not promised, such as 202 beside 200."),
    "success-status-removed": _source("A success that was promised does not come any more."),
    "error-status-added": _safe("One more way to fail is declared."),
    "error-status-removed": _safe("A way to fail is not declared any more."),
    "response-media-type-added": _safe("An answer may come in one more media type, if asked for."),
    "response-media-type-removed": _wire("An answer does not come in a media type any more."),
    "response-body-added": _safe("An answer that had no content has one."),
    "response-body-removed": _wire("An answer that had content has none."),
}  # fmt: skip
SCHEMAS: Final = {
    "request-property-added": _safe("A new property that may be left out."),
    "request-property-added-required": _wire("A new property that a call cannot be without."),
    "request-property-removed": _source("A property is gone: taken still, and read by nobody."),
    "request-property-refused": _wire("A property is gone, and the object takes no others."),
    "request-property-became-required": _wire("A property cannot be left out any more."),
    "request-property-became-optional": _safe("A property may be left out now."),
    "request-object-closed": _wire("Properties that are not declared are refused now."),
    "request-object-opened": _safe("Properties that are not declared are taken now."),
    "request-default-changed": _source("What is left out means something else."),
    "request-choice-added": _safe("One more alternative is taken."),
    "request-choice-removed": _wire("An alternative is not taken any more."),
    "response-property-added": _safe("A new property in the answer."),
    "response-property-removed": _wire("A property that was always there is gone."),
    "response-optional-property-removed": _source("A property that could be there is gone."),
    "response-property-became-optional": _wire("A property that was always there may be missing."),
    "response-property-became-required": _safe("A property is always there now."),
    "response-object-closed": _safe("The answer has no properties but those that are declared."),
    "response-object-opened": _source("The answer has properties where no others were promised."),
    "response-choice-added": _wire("The answer may be something that was not promised."),
    "response-choice-removed": _safe("An alternative does not come any more."),
    "discriminator-changed": _wire("Another property says which alternative is meant."),
    "property-deprecated": _safe("A property is marked as deprecated."),
    "undecided": _source("It could not be decided whether what worked still does."),
}  # fmt: skip

TYPED: Final = {name: Rule(*each) for name, each in BREAKING.items()}
"""Of what stubs of the typed service meet."""

FACETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "type": "types",
        "values": "listed values (`enum`, `const`)",
        "range": "numbers (`minimum`, `maximum`, `multipleOf`)",
        "length": "lengths (`minLength`, `maxItems`, `uniqueItems` and the like)",
        "pattern": "texts (`pattern`)",
        "format": "formats",
    }
)
"""What can be narrowed or widened of a value beside null, with the words for docs."""


def _facets() -> dict[str, Rule]:
    """Of what is sent, less may not be taken; of what is answered, more may not come."""
    found = {
        "request-null-narrowed": _wire("Null is not taken any more."),
        "request-null-widened": _safe("Null is taken now."),
        "response-null-widened": _wire("Null may come now."),
        "response-null-narrowed": _safe("Null does not come any more."),
    }
    for facet, words in FACETS.items():
        found[f"request-{facet}-narrowed"] = _wire(f"Fewer {words} are taken.")
        found[f"request-{facet}-widened"] = _safe(f"More {words} are taken.")
        found[f"response-{facet}-widened"] = _wire(f"More {words} may come.")
        found[f"response-{facet}-narrowed"] = _safe(f"Fewer {words} may come.")
    return found


CATALOGUE: Final[Mapping[str, Rule]] = MappingProxyType(
    {**OPERATIONS, **PARAMETERS, **BODIES, **SCHEMAS, **_facets(), **TYPED}
)
"""Every rule by its id."""


def finding(rule: str, message: str, old: str | None, new: str | None) -> Finding:
    """A finding of the catalogue, by pointers; the message becomes a sentence."""
    return Finding(
        rule=rule,
        verdict=CATALOGUE[rule].verdict,
        message=f"{message[:1].upper()}{message[1:500].removesuffix('.')}.",
        old=None if old is None else Place(pointer=old),
        new=None if new is None else Place(pointer=new),
    )
