"""The body of a request as JSON, without a doubt."""

import re
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from facade.app.error_schema import JSON
from facade.catalog.request import invalid
from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.errors.fault import Details, Fault, Violation
from facade.model.call import Argument
from facade.transcode.arguments import WHOLE, parse, refused
from facade.transcode.media_type import parse as media_type

PARAMETERS = "/parameters"
"""Where arguments of an action stand: what is wrong there is the action's matter."""

MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])

INDEX = re.compile(r"/(\d+)(?=/|$)")


def check_media_type(said: str) -> None:
    """Raises InvalidRequest, as 415, for what is not declared to be JSON.

    An empty body is no exception: what a web page may send anywhere without asking (a form, or
    nothing at all) calls no method.
    """
    kind = media_type(said)
    if kind is None or kind.essence != JSON:
        words = f"must be `{JSON}`"
        details = Details(
            violations=(Violation(field="content-type", description=words),),
            headers={"accept": JSON},
        )
        raise InvalidRequest(f"content-type: {words}", details=details)


def members_of(body: bytes) -> Mapping[str, Argument]:
    """The members of the object that a body is, each with its text; an empty body has none.

    Raises InvalidRequest, or InvalidParameters for what is wrong within `parameters`.
    """
    try:
        return parse(body.decode()) if body.strip() else {}
    except UnicodeDecodeError:
        raise invalid(Violation(field="body", description="is not UTF-8")) from None
    except InvalidParameters as fault:
        raise _told(fault, body) from None


def _told(fault: InvalidParameters, body: bytes) -> Fault:
    found = fault.details.violations
    within = _within(body) if found[0].field == PARAMETERS else None
    if within is not None:
        return within
    if all(each.field.startswith(f"{PARAMETERS}/") for each in found):
        return refused(
            *(replace(each, field=each.field.removeprefix(PARAMETERS)) for each in found)
        )
    return invalid(*(replace(each, field=_path(each.field)) for each in found))


def _within(body: bytes) -> InvalidParameters | None:
    """What is wrong with the arguments as such, by their own names."""
    try:
        parse(bytes(MEMBERS.decode(body)["parameters"]).decode())
    except InvalidParameters as fault:
        return fault
    except msgspec.DecodeError:
        return None
    return None


def _path(pointer: str) -> str:
    """A JSON pointer as the path of a field: `changes[0].create`."""
    if pointer in (WHOLE, ""):
        return "body"
    return INDEX.sub(r"[\1]", pointer).replace("/", ".").lstrip(".")
