"""What the lists of alerts and of kinds of errors answer: by name, filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, TypeVar

from facade.errors.kinds import KINDS
from facade.history.alerts import Alerts
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.execution import Alert, ErrorKind

T = TypeVar("T")
"""What is listed, in the form of the face that lists it."""

FIELDS: Final[Mapping[str, Field[Alert]]] = {
    "id": Field(str, lambda alert: alert.id),
    "title": Field(str, lambda alert: alert.title),
    "connector": Field(str, lambda alert: alert.connector),
    "action": Field(str, lambda alert: alert.action),
    "flow": Field(str, lambda alert: alert.flow),
    "metric": Field(str, lambda alert: alert.metric.value),
    "state": Field(str, lambda alert: alert.state.value),
    "mail": Field(tuple, lambda alert: alert.mail),
}

KIND_FIELDS: Final[Mapping[str, Field[ErrorKind]]] = {
    "reason": Field(str, lambda kind: kind.reason),
    "code": Field(str, lambda kind: kind.code),
    "domain": Field(str, lambda kind: kind.domain),
    "cause": Field(str, lambda kind: kind.cause),
    "remedy": Field(str, lambda kind: kind.remedy),
    "retryable": Field(bool, lambda kind: kind.retryable),
}

TABLE: Final = tuple(
    ErrorKind(
        reason=reason,
        code=kind.code.name,
        domain=kind.domain.value,
        cause=kind.cause,
        remedy=kind.remedy,
        retryable=kind.retryable,
    )
    for reason, kind in sorted(KINDS.items())
)
"""Every reason, with what docs/errors.md says of it."""


class AlertList:
    """Lists the alerts of a tenant."""

    def __init__(self, alerts: Alerts, tokens: Tokens) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._alerts = alerts
        self._tokens = tokens

    async def page(
        self, tenant: str, asked: Asked, form: Callable[[Alert], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The alerts of a page by name, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in await self._alerts.all(tenant):
                if each.id > after:
                    yield each.id, form(each) if matches(each) else None

        return await self._tokens.page(asked, entries, weigh)


class ErrorKinds:
    """Lists what can go wrong, the same for everybody."""

    def __init__(self, tokens: Tokens) -> None:
        """Takes the tokens that lead from page to page."""
        self._tokens = tokens

    async def page(
        self, asked: Asked, form: Callable[[ErrorKind], T], weigh: Callable[[T], int]
    ) -> tuple[tuple[T, ...], str]:
        """The kinds of a page by reason, and the next token; raises InvalidRequest."""
        matches = parse_filter(asked.filter, KIND_FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            for each in TABLE:
                if each.reason > after:
                    yield each.reason, form(each) if matches(each) else None

        return await self._tokens.page(asked, entries, weigh)
