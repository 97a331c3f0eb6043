"""Changes of versions, by field; only ever read."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from facade.app.api.form.form import Field, Form, Listed, Mapped
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import (
    BYTES,
    COUNT,
    FLAG,
    ID,
    MASK,
    MOMENT,
    PROSE,
    TEXT,
    VERSION_NAME,
)
from facade.app.api.form.version import VERSION, Asked
from facade.catalog.request import MAX_CHANGES, MAX_MATCHES
from facade.catalog.traffic import WHOLE
from facade.errors.caller import InvalidRequest
from facade.model.change import Create, Delete, Deprecate, Draft, Promote, Rollback, Update
from facade.model.names import VersionName, parse_version

PERCENT = replace(COUNT, shape={**COUNT.shape, "maximum": WHOLE})

NOWHERE = VersionName("-", "-")
"""Stands for a name that could not be read, in a change that is refused."""


def _name(text: str, place: FieldPlace, part: str = "name") -> VersionName:
    at = place.within(part)
    try:
        return parse_version(text, at.field)
    except InvalidRequest as fault:
        if not at.refused:
            for each in fault.details.violations:
                at.refuse(each.description)
        return NOWHERE


def _named(kind: type[Promote | Deprecate | Delete]) -> Callable[[dict[str, Any], FieldPlace], Any]:
    """Makes a change of that kind, of the version that is named."""
    return lambda given, place: kind(**given | {"name": _name(given.get("name", ""), place)})


def _create(given: dict[str, Any], _place: FieldPlace) -> Create:
    asked = given.get("version", Asked())
    return Create(
        version_id=given.get("version_id", ""),
        draft=asked.draft,
        strict=given.get("strict", False),
    )


def _update(given: dict[str, Any], place: FieldPlace) -> Update:
    asked = given.get("version", Asked())
    return Update(
        name=_name(asked.name, place.within("version")),
        draft=asked.draft,
        paths=given.get("update_mask", ()),
        etag=asked.etag,
    )


def _change(given: dict[str, Any], place: FieldPlace) -> Any:
    """UNSET, and a problem, where there is none."""
    if not given and not place.refused:
        place.refuse("one of create, update, promote, deprecate, delete and rollback is required")
    return next(iter(given.values()), UNSET)


CREATE = Form(
    "CreateVersion",
    "Adds a version.",
    (
        Field(
            "version_id",
            ID,
            "The last segment of the name: `^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`. `live` is "
            "reserved.",
            required=True,
        ),
        Field("version", VERSION, "The version.", required=True),
        Field(
            "strict",
            FLAG,
            "If set, a document with any error is refused, not only one that cannot be read.",
        ),
    ),
    _create,
)

UPDATE = Form(
    "UpdateVersion",
    "Changes a version.",
    (
        Field(
            "version",
            VERSION,
            "The version, with its name, and with its etag if it must be unchanged.",
            required=True,
        ),
        Field("update_mask", MASK, "The fields to change; every populated field if unset."),
    ),
    _update,
)

PROMOTE = Form(
    "PromoteVersion",
    "Lets a version serve traffic.",
    (
        Field(
            "name", VERSION_NAME, "Format: connectors/{connector}/versions/{version}", required=True
        ),
        Field(
            "traffic_percent",
            PERCENT,
            "The share of `live` calls that it gets, 1 to 100. If unset: 100, or with "
            "`match_headers` the share that it has.",
            own="percent",
        ),
        Field("etag", TEXT, "Must match the version's etag, if set."),
        Field("allow_breaking", FLAG, "If set, it may break those who call what serves now."),
        Field(
            "match_headers",
            Mapped(TEXT, {"maxProperties": MAX_MATCHES}),
            "The `live` calls that it gets whatever its share: those whose metadata has one of "
            "these keys (lower case) with this value, or with one that begins as a value that "
            "ends with `*`. They take the place of those that it had; at most 16.",
            own="matches",
        ),
    ),
    _named(Promote),
)

DEPRECATE = Form(
    "DeprecateVersion",
    "Marks a version as deprecated, or takes the mark back.",
    (
        Field(
            "name", VERSION_NAME, "Format: connectors/{connector}/versions/{version}", required=True
        ),
        Field("etag", TEXT, "Must match the version's etag, if set."),
        Field("undo", FLAG, "If set, takes the mark back: the version is READY again."),
        Field(
            "sunset_time",
            MOMENT,
            "When it is going to be deleted: answers say so.",
            own="sunset",
        ),
        Field("notes", PROSE, "Words for people: why, and what to call instead."),
    ),
    _named(Deprecate),
)

DELETE = Form(
    "DeleteVersion",
    "Removes a version.",
    (
        Field(
            "name", VERSION_NAME, "Format: connectors/{connector}/versions/{version}", required=True
        ),
        Field("etag", TEXT, "Must match the version's etag, if set."),
        Field("force", FLAG, "If set, removes it even where it serves traffic."),
    ),
    _named(Delete),
)

ROLLBACK = Form(
    "RollbackVersions",
    "Has those versions serve again that served before, with their shares.",
    (
        Field(
            "to",
            VERSION_NAME,
            "A version to go back to, with those that shared the calls with it. If unset: to what "
            "served before the last change of traffic. Format: "
            "connectors/{connector}/versions/{version}",
        ),
    ),
    lambda given, place: Rollback(to=_name(given["to"], place, "to") if "to" in given else None),
)

CHANGE = Form(
    "VersionChange",
    "One change to one version.",
    (
        Field(
            "create",
            CREATE,
            "Adds a version; it serves nothing until it is promoted.",
            oneof="change",
        ),
        Field("update", UPDATE, "Changes the fields that the mask names.", oneof="change"),
        Field(
            "promote",
            PROMOTE,
            "Lets a version serve traffic: all of it, or a share.",
            oneof="change",
        ),
        Field(
            "deprecate",
            DEPRECATE,
            "Marks a version as one that callers should leave.",
            oneof="change",
        ),
        Field("delete", DELETE, "Removes a version that serves nothing.", oneof="change"),
        Field(
            "rollback",
            ROLLBACK,
            "Has those versions serve again that served before.",
            oneof="change",
        ),
    ),
    _change,
)


def _document(given: dict[str, Any], _place: FieldPlace) -> Draft:
    """A draft of the document alone: what it is compared with is no part of it."""
    return Draft(**{key: each for key, each in given.items() if key != "against"})


SPEC = Form(
    "ValidateSpecRequest",
    "Request message for CatalogService.ValidateSpec.",
    (
        Field("spec_uri", TEXT, "An https address that the server reads it from.", oneof="spec"),
        Field("spec_text", TEXT, "Itself, as YAML or JSON.", oneof="spec"),
        Field("spec_archive", BYTES, "A zip of all of its files.", oneof="spec"),
        Field(
            "spec_root",
            TEXT,
            "Which file of the archive it is. If unset: the one called openapi or swagger, else "
            "the only one that is an OpenAPI document.",
        ),
        Field(
            "against",
            VERSION_NAME,
            "A version to compare the document with. Format: "
            "connectors/{connector}/versions/{version}",
        ),
    ),
    _document,
)

MANAGE = Form(
    "ManageVersionsRequest",
    "Request message for GatewayService.ManageVersions.",
    (
        Field(
            "changes",
            Listed(CHANGE, {"minItems": 1, "maxItems": MAX_CHANGES}),
            "The changes, applied in this order, all or none. At most 100.",
            required=True,
        ),
        Field(
            "validate_only",
            FLAG,
            "If set, checks the changes and answers what they would lead to.",
        ),
        Field(
            "request_id",
            TEXT,
            "Makes the call idempotent: a repeat answers what the first one answered.",
        ),
    ),
)
