"""What the list of executions answers: the newest first, filtered by the ledger, page by page."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

from facade.errors.fault import Code
from facade.history.history import History
from facade.listing.conditions import condition_from
from facade.listing.filter_syntax import Comparison, Token, refused
from facade.listing.pages import Asked, Tokens
from facade.listing.sliced import Found, sliced_page
from facade.model.execution import Execution
from facade.model.time_ids import least_id
from facade.stores import history_filter as sql

T = TypeVar("T")
"""An execution, in the form of the face that lists it."""

TEXTS: Final = (
    "kind",
    "connector",
    "version",
    "action",
    "connection",
    "flow",
    "run",
    "caller",
    "reason",
    "message",
    "cache",
    "trace_id",
)
NUMBERS: Final[Mapping[str, type[int] | type[float]]] = {
    "status": int,
    "attempts": int,
    "seconds": float,
}
FIELDS: Final = ", ".join(sorted((*TEXTS, *NUMBERS, "code", "ok", "time")))

ORDERED: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})

MOST_DIGITS: Final = 15

READ = 200
"""Executions that are read at once while a page is filled."""


class ExecutionList:
    """Lists the executions of a tenant."""

    def __init__(self, history: History, tokens: Tokens) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._history = history
        self._tokens = tokens

    async def page(
        self, tenant: str, asked: Asked, form: Callable[[Execution], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The executions of a page, the newest first, and the next token; raises InvalidRequest."""
        condition = condition_of(asked.filter)

        async def find(before: str, limit: int) -> Found[T]:
            found, before = await self._history.page(tenant, condition, before, limit)
            return [(each.id, form(each)) for each in found], before

        return await sliced_page(self._tokens, asked, find, weigh, READ)


def condition_of(text: str) -> sql.Condition:
    """What a filter asks of executions; raises InvalidRequest, which names the position."""
    return condition_from(text, TEXTS, _compared)


def _compared(node: Comparison) -> sql.Condition:
    name, sign, value = node.field.text, node.operator.text, node.value
    if name in TEXTS:
        if sign == ":":
            return sql.Contains((name,), "" if value.text == "*" else value.text)
        return sql.Compared(name, sign, value.text.upper() if name == "kind" else value.text)
    if name == "ok":
        return sql.Compared("ok", _only(node, {"=", "!="}), _truth(value))
    if name == "code":
        return sql.Compared("code", _only(node, {"=", "!="}), _code(value))
    if name == "time":
        return _timed(_only(node, ORDERED - {"=", "!="}), value)
    if name in NUMBERS:
        return sql.Compared(name, _only(node, ORDERED), _number(NUMBERS[name], value))
    raise refused(f"`{name}` at {node.field.place} is no field; there are {FIELDS}")


def _only(node: Comparison, signs: frozenset[str] | set[str]) -> str:
    """The operator; refused where it makes no sense of the field."""
    sign = node.operator
    if sign.text not in signs:
        can = " ".join(sorted(signs))
        raise refused(f"`{sign.text}` at {sign.place}: `{node.field.text}` takes {can}")
    return sign.text


def _truth(value: Token) -> bool:
    if value.text not in ("true", "false"):
        raise refused(f"`{value.text}` at {value.place} is neither true nor false")
    return value.text == "true"


def _code(value: Token) -> int:
    if value.text not in Code.__members__:
        known = ", ".join(Code.__members__)
        raise refused(f"`{value.text}` at {value.place} is no code; there are {known}")
    return Code[value.text].value


def _number(kind: type[int] | type[float], value: Token) -> float:
    if len(value.text) > MOST_DIGITS or "n" in value.text.lower():  # no nan, no inf
        raise refused(f"`{value.text[:63]}` at {value.place} is no such number")
    try:
        return kind(value.text)
    except ValueError:
        raise refused(f"`{value.text}` at {value.place} is no such number") from None


def _timed(sign: str, value: Token) -> sql.Condition:
    """Ids are in the order of time, to the millisecond."""
    try:
        time = datetime.fromisoformat(value.text)
        bound = least_id(time if time.tzinfo is not None else time.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        said = "is no time such as 2026-01-31 or 2026-01-31T09:30:00Z"
        raise refused(f"`{value.text[:63]}` at {value.place} {said}") from None
    return sql.Compared("id", {"<": "<", "<=": "<", ">": ">=", ">=": ">="}[sign], bound)
