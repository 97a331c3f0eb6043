"""Keys and grants, by field: the text of a key goes out once and never in."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from facade.access.keys import GRANTS, NOTES
from facade.app.api.form.form import Field, Form, Listed, Way
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import MOMENT, NAME, PROSE, TEXT, at_most, choice
from facade.model.access import EVERY, Grant, Identity, Role


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """What a caller is told of itself, and of where its calls come from."""

    identity: Identity
    source_addresses: tuple[str, ...]


def _when(text: str) -> datetime:
    """A moment of RFC 3339; raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found


WHEN = replace(MOMENT, parse=_when)
"""A moment that callers give, too."""

PATTERN = replace(TEXT, shape={"type": "string", "pattern": r"^[^*]*\*?$"})


def _grant(given: dict[str, Any], place: FieldPlace) -> Grant:
    role = given.pop("role", None)
    if role is None:
        if not place.refused:
            place.within("role").refuse("is required")
        role = Role.VIEWER
    return Grant(role=role, **{kind: tuple(ids) or EVERY for kind, ids in given.items()})


def _limits(kind: str, about: str) -> Field:
    def unlimited(grant: Grant) -> tuple[str, ...]:
        patterns: tuple[str, ...] = getattr(grant, kind)
        return () if patterns == EVERY else patterns

    return Field(kind, Listed(PATTERN), about, get=unlimited)


GRANT = Form(
    "Grant",
    "A role, over the resources whose ids fit.",
    (
        Field("role", choice("ROLE", Role), "What it allows.", required=True),
        _limits(
            "connectors",
            "Ids of connectors, or beginnings of them with `*` behind: `orders-*`. If unset: "
            "every one.",
        ),
        _limits("actions", "The same of actions."),
        _limits(
            "connections",
            "The same of connections. A call without a connection is covered only where this is "
            "unset.",
        ),
    ),
    _grant,
)

KEY = Form(
    "Key",
    "A key by which a caller is known.",
    (
        Field("name", NAME, "Format: keys/{key}"),
        Field(
            "grants",
            Listed(GRANT, {"minItems": 1, "maxItems": GRANTS}),
            "What it allows; at most what its maker may do.",
            required=True,
        ),
        Field(
            "notes",
            at_most(NOTES, PROSE),
            "Words for people: whose it is, what for. At most 4,096 characters.",
        ),
        Field("create_time", MOMENT, "When it was made.", way=Way.OUT),
        Field("expire_time", WHEN, "When it ends; if unset, never."),
        Field("revoke_time", MOMENT, "When it was revoked; unset where it was not.", way=Way.OUT),
    ),
)

CREATED = Form(
    "CreateKeyResponse",
    "A new key, and its text.",
    (
        Field("key", KEY, "The key."),
        Field(
            "text",
            TEXT,
            "What its holder shows, as `authorization: Bearer TEXT`. It is told once.",
        ),
    ),
)

WHO_AM_I = Form(
    "WhoAmIResponse",
    "As whom the gateway knows a caller.",
    (
        Field(
            "caller",
            TEXT,
            "As whom the caller is known: `key:ci`, `spiffe://prod/ns/billing/sa/api`, "
            "`jwt:ISSUER#SUBJECT`, `unix:1000`, `anyone`.",
            get=lambda known: known.identity.name,
        ),
        Field(
            "tenant",
            TEXT,
            "Whose caller that is; empty where nobody made any tenants.",
            get=lambda known: known.identity.tenant,
        ),
        Field(
            "grants",
            Listed(GRANT, {"minItems": 1}),
            "What it may do.",
            get=lambda known: known.identity.grants,
        ),
        Field(
            "source_addresses",
            Listed(TEXT),
            "The addresses of this machine that connectors may have their calls leave from "
            "(`network.source_address`): for those who let in known addresses alone. Where there "
            "are none, calls leave from the one that the machine has on their way.",
        ),
    ),
)
