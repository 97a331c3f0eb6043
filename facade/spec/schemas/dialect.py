"""Dialects: which keywords of a schema count, and how it is named, by who wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from facade.spec.document import Document

SINCE_2020 = frozenset({"prefixItems", "$dynamicRef", "$dynamicAnchor"})
SINCE_2019 = SINCE_2020 | {
    "$anchor",
    "dependentRequired",
    "dependentSchemas",
    "maxContains",
    "minContains",
    "unevaluatedItems",
    "unevaluatedProperties",
}
SINCE_7 = SINCE_2019 | {"if", "then", "else", "contentEncoding", "contentMediaType"}
SINCE_6 = SINCE_7 | {"const", "contains", "propertyNames"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What differs between the versions of JSON Schema and OpenAPI, apart from spellings.

    Spellings that only one version has, such as `exclusiveMinimum: true` or a list of
    `items`, are read by what they are, in every dialect.
    """

    siblings: bool = True
    """Whether keywords beside a `$ref` count."""
    identifier: str = "$id"
    unknown: frozenset[str] = frozenset()
    """Keywords that came later; what OpenAPI 2.0 and 3.0 do not have is read all the same."""


LATEST = Dialect()
OPENAPI_3_0 = Dialect(siblings=False, identifier="id")
"""Of OpenAPI 2.0 too: both stem from draft 4."""
DRAFTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "json-schema.org/draft-03/schema": Dialect(
            siblings=False, identifier="id", unknown=SINCE_6
        ),
        "json-schema.org/draft-04/schema": Dialect(
            siblings=False, identifier="id", unknown=SINCE_6
        ),
        "json-schema.org/draft-06/schema": Dialect(siblings=False, unknown=SINCE_7),
        "json-schema.org/draft-07/schema": Dialect(siblings=False, unknown=SINCE_2019),
        "json-schema.org/draft/2019-09/schema": Dialect(unknown=SINCE_2020),
        "json-schema.org/draft/2020-12/schema": LATEST,
        "spec.openapis.org/oas/3.0/dialect/base": OPENAPI_3_0,
    }
)
"""By `$schema` without its scheme."""

METASCHEMA = "https://json-schema.org/draft/2020-12/schema"
"""The schema of schemas, which validators of it know: a reference to it stays as it is."""


def stated(uri: Any) -> Dialect | None:
    """The dialect that a `$schema` names; None where we know none of that name.

    The name is all that is looked at: nothing is ever fetched.
    """
    if not isinstance(uri, str):
        return None
    return DRAFTS.get(uri.partition("://")[2].rstrip("#"))


def spoken(document: Document) -> Dialect:
    """The dialect of the schemas that name none (OAS 3.1 section 4.8.24.7)."""
    if not document.modern:
        return OPENAPI_3_0
    return stated(document.tree.get("jsonSchemaDialect")) or LATEST
