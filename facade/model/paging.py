"""PageRule and Paging: how an action's answers go on from page to page, and how far to walk."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str, ...]
"""The tokens of a JSON pointer (RFC 6901); in an answer, `-1` is the last item of an array."""

MAX_PAGES = 10_000
"""Of one walk, whatever the caller asks for."""


class PageKind(StrEnum):
    """What leads from one page to the next."""

    AUTO = "auto"
    """What the action's own rule says; of no rule that is followed."""
    LINK = "link"
    """The Link header's `rel="next"` (RFC 8288)."""
    NEXT_URL = "next_url"
    """A URL in the answer."""
    CURSOR = "cursor"
    """A token in the answer, or a value of its last item, which becomes an argument."""
    PAGE = "page"
    """An argument that counts pages."""
    OFFSET = "offset"
    """An argument that counts items."""


BY_URL = frozenset({PageKind.LINK, PageKind.NEXT_URL})
"""The kinds whose next page is at an address that the backend gives."""
COUNTED = frozenset({PageKind.PAGE, PageKind.OFFSET})
"""The kinds whose next page is known without a word of the backend's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRule:
    """How to come from one page to the next, and where the items are."""

    kind: PageKind
    source: str
    """What says so: an extension's name, `links`, `convention` or `caller`."""
    items: Path | None = None
    """To the array in the answer, `()` being all of it; None: the one array that is there."""
    next: Path = ()
    """Of NEXT_URL and CURSOR: to the URL or the token in the answer."""
    header: str = ""
    """The header field that has it in place of the answer's body."""
    parameter: Path = ()
    """Of CURSOR, PAGE and OFFSET: to the argument that says which page, by the caller's names."""
    size: Path = ()
    """To the argument that says how many items a page has: one of fewer is then the last."""
    more: Path = ()
    """To what is false on the last page."""
    last: Path = ()
    """To what is true on the last page."""
    total: Path = ()
    """Of PAGE and OFFSET: to how many pages or items there are."""
    first: int | None = None
    """Of PAGE and OFFSET: the number of the first page or item; None: 1 and 0."""

    @property
    def start(self) -> int:
        """The number of the first page or item."""
        return (self.kind is PageKind.PAGE) if self.first is None else self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Where a walk that was left is taken up again: the call of the next page."""

    arguments: Mapping[str, Any]
    """As a Call has them."""
    origin: str = ""
    target: str = ""
    """Path and query, of a page at an address that the backend gave; both are ours to believe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """What a caller wants of a walk over pages."""

    max_pages: int = 100
    max_items: int = 0
    """0: no limit."""
    rule: PageRule | None = None
    """What the caller says of the rule; its fields that are empty are the action's own."""
    resume: Resume | None = None
    """Where to begin; None: at the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What comes behind the last item of a walk."""

    pages: int
    items: int
    more: bool
    """Whether the walk was ended by its own limits, before what is known to be the end."""
    resume: Resume | None = None
    """Where the page behind the last one is; None: there is none."""
