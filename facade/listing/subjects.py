"""What the list of subjects answers: by name, filtered, page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from facade.connections.subjects import Subjects
from facade.listing.filter import Field, parse_filter
from facade.listing.pages import Asked, Tokens
from facade.model.connection import Subject
from facade.model.names import ConnectionName

T = TypeVar("T")
"""A subject, in the form of the face that lists it."""

FIELDS: Mapping[str, Field[Subject]] = {
    "id": Field(str, lambda subject: subject.name.subject),
    "uid": Field(str, lambda subject: subject.uid),
    "external_id": Field(str, lambda subject: subject.external_id),
    "title": Field(str, lambda subject: subject.title),
    "labels": Field(dict, lambda subject: subject.labels),
    "state": Field(str, lambda subject: subject.state.value),
}


class SubjectList:
    """Lists the subjects of a connection."""

    def __init__(self, subjects: Subjects, tokens: Tokens) -> None:
        """Takes where they are, and the tokens that lead from page to page."""
        self._subjects = subjects
        self._tokens = tokens

    async def page(
        self,
        parent: ConnectionName,
        asked: Asked,
        form: Callable[[Subject], T],
        weigh: Callable[[T], int],
    ) -> tuple[tuple[T, ...], str]:
        """The subjects of a page by name, and the next token.

        Raises InvalidRequest, ConnectionNotFound.
        """
        self._subjects.check_parent(parent)
        matches = parse_filter(asked.filter, FIELDS)

        async def entries(after: str) -> AsyncIterator[tuple[str, T | None]]:
            async for each in self._subjects.all(parent, after):
                yield each.name.subject, form(each) if matches(each) else None

        return await self._tokens.page(asked, entries, weigh)
