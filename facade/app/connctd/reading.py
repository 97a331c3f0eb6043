"""Reading: the bodies and header fields of requests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from facade.app.api.body import check_media_type, members_of
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.call import Argument
from facade.model.field_names import EXTERNAL_SUBJECT

LONGEST = 255
"""Characters of an external subject's id."""

MEMBERS = ("connector_type_id", "configuration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """The body by which an instance or a client is created."""

    type_id: str
    configuration: Mapping[str, str] = field(repr=False)


def subject_of(headers: Mapping[str, str]) -> str:
    """Whom a request is for; raises InvalidRequest where it does not say it, or strangely."""
    text = headers.get(EXTERNAL_SUBJECT, "").strip()
    if not text:
        words = "is required: whom the client is for"
        raise invalid(Violation(field=EXTERNAL_SUBJECT, description=words))
    if len(text) > LONGEST or not text.isprintable():
        words = f"must be at most {LONGEST} printable characters"
        raise invalid(Violation(field=EXTERNAL_SUBJECT, description=words))
    return text


def creation_of(headers: Mapping[str, str], body: bytes) -> Creation:
    """The body by which something is created; raises InvalidRequest with all that is wrong."""
    check_media_type(headers.get("content-type", ""))
    members = members_of(body)
    problems = [
        Violation(field=name[:63], description=f"is unknown; there are {', '.join(MEMBERS)}")
        for name in members
        if name not in MEMBERS
    ]
    type_id = _value(members, "connector_type_id", "")
    if not isinstance(type_id, str) or not type_id:
        problems.append(
            Violation(field="connector_type_id", description="is required: the type's type_id")
        )
    given = _value(members, "configuration", {})
    texts = dict(_texts(given, problems))
    if problems:
        raise invalid(*problems)
    return Creation(type_id=type_id, configuration=texts)


def _texts(given: Any, problems: list[Violation]) -> Iterator[tuple[str, str]]:
    """The values of a configuration as texts; what cannot be one is a problem."""
    if not isinstance(given, dict):
        problems.append(Violation(field="configuration", description="must be an object"))
        return
    for name, value in given.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, bool | int | float):
            yield name, msgspec.json.encode(value).decode()
        else:
            words = "must be a string, a number or a boolean"
            problems.append(Violation(field=f"configuration.{name[:63]}", description=words))


def _value(members: Mapping[str, Argument], name: str, absent: Any) -> Any:
    found = members.get(name)
    return absent if found is None else msgspec.json.decode(found.text)
