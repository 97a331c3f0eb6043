"""Kinds of texts that name something: actions, connections, flows, times, statuses."""

import json
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from cronsim import CronSim, CronSimError

from facade.errors.caller import InvalidRequest
from facade.flows.document.kinds import SLOT, text_of
from facade.flows.document.node import Node, Wrong, meant, what
from facade.model.names import ID, LIVE, parse_action

STATUS_LOW: Final = 100
STATUS_HIGH: Final = 599

_SHORT: Final = re.compile(rf"({ID.pattern})/(.+)")
_FLOW: Final = re.compile(rf"(?:flows/)?({ID.pattern})(/versions/{ID.pattern})?")
_CONNECTION: Final = re.compile(rf"(?:connections/)?({ID.pattern})")
_STATUS: Final = re.compile(r"[0-9]{3}")
_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""From which the ticks of a cron text are looked for: any would do."""
_LONGEST: Final = 200

_STEP: Final = re.compile(r"/([0-9]{1,9})")
_WIDEST: Final = 60
"""Minutes, or seconds, after which the longest field of a cron text begins anew."""
_NICKNAMES: Final[Mapping[str, str]] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_OF_MACHINES: Final = frozenset({"localtime", "Factory", "posixrules"})
"""What a time zone of this machine is called: another machine's is another."""


@dataclass(frozen=True, slots=True)
class ActionText:
    """An action: `petstore/listPets`, or its whole name."""

    def read(self, node: Node) -> str:
        """Its whole name; the short one means the version that serves live calls."""
        text = _literal(node)
        short = None if text.startswith("connectors/") else _SHORT.fullmatch(text)
        if short:
            text = f"connectors/{short[1]}/versions/{LIVE}/actions/{short[3]}"
        try:
            return str(parse_action(text))
        except InvalidRequest:
            form = "`CONNECTOR/ACTION` or `connectors/…/versions/…/actions/…`"
            raise node.refuse(f"must name an action: {form}") from None

    def write(self, value: str) -> str:
        """The whole name."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string with a slash, and without slots."""
        whole = rf"connectors/{ID.pattern}/versions/{ID.pattern}/actions/."
        return _text(rf"^(?:{whole}|(?!connectors/){ID.pattern}/.)")


@dataclass(frozen=True, slots=True)
class ConnectionText:
    """A connection: `berlin`, or `connections/berlin`."""

    def read(self, node: Node) -> str:
        """Its whole name."""
        match = _CONNECTION.fullmatch(_literal(node))
        if match is None:
            raise node.refuse("must name a connection: `connections/CONNECTION`")
        return f"connections/{match[1]}"

    def write(self, value: str) -> str:
        """The whole name."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string of that form."""
        return _text(f"^{_CONNECTION.pattern}$")


@dataclass(frozen=True, slots=True)
class FlowText:
    """A flow, or one version of it: `other`, `flows/other/versions/v2`."""

    def read(self, node: Node) -> str:
        """Its whole name."""
        match = _FLOW.fullmatch(_literal(node))
        if match is None:
            raise node.refuse("must name a flow: `flows/FLOW` or `flows/FLOW/versions/VERSION`")
        return f"flows/{match[1]}{match[3] or ''}"

    def write(self, value: str) -> str:
        """The whole name."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string of that form."""
        return _text(f"^{_FLOW.pattern}$")


@dataclass(frozen=True, slots=True)
class CronText:
    """When a schedule runs: five fields, or six with seconds first."""

    def read(self, node: Node) -> str:
        """The text, once it is known that it has a next tick."""
        text = " ".join(_literal(node).split())
        if text.lower() in _NICKNAMES:
            raise node.refuse(f"is written out here: `{_NICKNAMES[text.lower()]}`")
        for step in map(int, _STEP.findall(text)):
            if step >= _WIDEST:
                said = f"has a step of {step}, and no field is as long: each begins anew"
                raise node.refuse(f"{said}; `0 */2 * * *` is every two hours")
        try:
            next(CronSim(text, _START))
        except CronSimError as error:
            said = str(error).replace("Bad ", "it has a wrong ").lower()
            fields = "minute hour day-of-month month day-of-week"
            more = f"`{fields}`, or six with seconds first"
            raise node.refuse(f"is no cron text: {said}; the fields are {more}") from None
        except (StopIteration, AssertionError, ValueError, IndexError):
            raise node.refuse("is a cron text that no time fits") from None
        return text

    def write(self, value: str) -> str:
        """The text."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string of five or six words."""
        return _text(r"^\s*\S+(?:\s+\S+){4,5}\s*$")


@dataclass(frozen=True, slots=True)
class ZoneText:
    """A time zone of the IANA database."""

    def read(self, node: Node) -> str:
        """Its name."""
        text = _literal(node)
        if text not in _zones():
            hint = meant(text, _zones())
            raise node.refuse(f"is no time zone of the IANA database{hint}")
        return text

    def write(self, value: str) -> str:
        """The name."""
        return value

    def schema(self) -> dict[str, Any]:
        """A string."""
        return _text(r"^[A-Za-z]")


@dataclass(frozen=True, slots=True)
class StatusList:
    """Statuses of HTTP: a list, or a text with commas between (H-5)."""

    def read(self, node: Node) -> tuple[int, ...]:
        """Each of them once, in order."""
        value = node.value
        if isinstance(value, str):
            value = [each.strip() for each in value.split(",")] if value.strip() else []
            value = [int(each) if _STATUS.fullmatch(each) else each for each in value]
        if not isinstance(value, list):
            raise node.refuse(f"must be a list such as `[200, 204]`, not {what(node.value)}")
        wrong = [each for each in value if not _is_status(each)]
        if wrong:
            shown = ", ".join(f"`{json.dumps(each, default=str)[:20]}`" for each in wrong[:5])
            low, high = STATUS_LOW, STATUS_HIGH
            raise node.refuse(f"must hold whole numbers from {low} to {high} alone, not {shown}")
        return tuple(dict.fromkeys(value))

    def write(self, value: tuple[int, ...]) -> list[int]:
        """A list."""
        return list(value)

    def schema(self) -> dict[str, Any]:
        """An array of integers, or a string."""
        item = {"type": "integer", "minimum": STATUS_LOW, "maximum": STATUS_HIGH}
        pattern = r"^\s*(?:\s*[1-5][0-9]{2}\s*(?:,\s*[1-5][0-9]{2}\s*)*)?$"
        return {"anyOf": [{"type": "array", "items": item}, {"type": "string", "pattern": pattern}]}


@dataclass(frozen=True, slots=True)
class Messages:
    """What is said of statuses that are no success: by status, and `default` (H-5)."""

    def read(self, node: Node) -> dict[str, str]:
        """The texts, by status as text; an entry with one half only is refused."""
        if not isinstance(node.value, dict):
            raise node.refuse(f"must be a mapping of statuses, not {what(node.value)}")
        wrong = [key for key in node.value if not self._is_right(node.child(key), key)]
        if wrong:
            raise Wrong(wrong[0])
        return dict(node.value)

    def _is_right(self, node: Node, key: str) -> bool:
        if not key.strip():
            node.refuse_key("an entry needs its status")
        elif key != "default" and not (_STATUS.fullmatch(key) and _is_status(int(key))):
            node.refuse_key(f"must be a status from {STATUS_LOW} to {STATUS_HIGH}, or `default`")
        elif not isinstance(node.value, str) or not node.value.strip():
            node.refuse("an entry needs its message, as text")
        elif SLOT.search(node.value):
            node.refuse("holds a slot; a message is written out")
        else:
            return True
        return False

    def write(self, value: Mapping[str, str]) -> dict[str, str]:
        """The texts by status."""
        return dict(value)

    def schema(self) -> dict[str, Any]:
        """An object of texts that are not blank."""
        return {
            "type": "object",
            "propertyNames": {"pattern": "^(?:[1-5][0-9]{2}|default)$"},
            "additionalProperties": {
                "type": "string",
                "pattern": r"\S",
                "not": {"pattern": SLOT.pattern},
            },
        }


@cache
def _zones() -> frozenset[str]:
    """The time zones by which schedules may go."""
    return frozenset(zoneinfo.available_timezones() - _OF_MACHINES)


def _is_status(value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and STATUS_LOW <= value <= STATUS_HIGH


def _literal(node: Node) -> str:
    """The text of a node that must not hold slots."""
    text = text_of(node)
    if SLOT.search(text):
        raise node.refuse("holds a slot; here it must be written out, so that it can be checked")
    if not 0 < len(text) <= _LONGEST:
        raise node.refuse(f"must have 1 to {_LONGEST} characters")
    return text


def _text(pattern: str) -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": _LONGEST,
        "pattern": pattern,
        "not": {"pattern": SLOT.pattern},
    }
