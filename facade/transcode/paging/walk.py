"""The walk over pages: a page's items, and the call of the page behind it."""

from dataclasses import dataclass, field

from facade.errors.backend import BackendBadResponse
from facade.model.action import Action
from facade.model.call import Argument, Arguments, Headers
from facade.model.paging import BY_URL, COUNTED, PageKind, PageRule, Path
from facade.transcode.arguments import MAX_DIGITS, argument, parse, pointer
from facade.transcode.paging.argument_place import placed, put, read, types_at
from facade.transcode.paging.json_place import TooDeep, items_of, members_of, slice_at, text_of
from facade.transcode.paging.link_header import next_link
from facade.transcode.paging.next_target import Astray, Place, next_place, next_place_behind
from facade.transcode.server import Base

NUMBERS = frozenset({"integer", "number"})
GONE = frozenset({404, 416})
"""What backends answer for a page behind the last one."""
LONGEST = 16
"""Digits of a number that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The call of one page: other arguments, or another path and query."""

    arguments: Arguments
    place: Place | None = None
    """Where it goes in place of where the arguments make it go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one page answered."""

    json: bytes | None
    """None: it is not JSON, or nothing."""
    headers: Headers
    """Names in lower case."""
    url: str
    """Which was called, without what signed the call."""
    server: str = ""
    """Where a facade called the backend; empty: no facade did."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """How far a walk over pages has come; each page is taken once, in its order."""

    rule: PageRule
    action: Action
    bases: tuple[Base, ...]
    """The servers that calls of the version go to."""
    turn: Turn | None
    """The call of the next page; None: the last one was taken."""
    added: tuple[str, ...] = ()
    """Pairs that the version adds to every query."""
    pages: int = 0
    """How many were taken."""
    items: int = 0
    """How many they had."""
    _seen: set[str] = field(default_factory=set)
    _before: list[bytes] = field(default_factory=list)

    def take(self, page: Page) -> list[bytes]:
        """Gives the items of a page, as they are written, and turns to the next page.

        Raises BackendBadResponse where the page is not what the rule says, or leads back to a
        page that was before, or astray.
        """
        turn, self.turn = self.turn, None
        assert turn is not None  # noqa: S101 - there is a page because there was a turn
        self.pages += 1
        try:
            items = self._items(page)
            if not self._is_last(page, items, turn):
                self.turn = self._next(page, items, turn)
        except TooDeep:
            raise self._wrong("is nested too deep to be taken apart") from None
        self._before = items
        self.items += len(items)
        return items

    def is_behind(self, status: int) -> bool:
        """Whether a status says that the page before was the last: its number was too high."""
        return self.rule.kind in COUNTED and self.pages > 0 and status in GONE

    def _items(self, page: Page) -> list[bytes]:
        if page.json is None:
            return []
        path = self.rule.items
        if path is None:
            return self._only_array(page.json)
        found = slice_at(page.json, path)
        if found is None and not (self.rule.source == "caller" and self.pages == 1):
            return []  # empty lists are often left out
        items = [] if found == b"null" else items_of(found or b"null")
        if items is None:
            raise self._wrong(f"has no array at `{pointer(path)}`")
        return items

    def _only_array(self, json: bytes) -> list[bytes]:
        items = items_of(json)
        if items is not None:
            return items
        found = [items_of(each) for each in members_of(json).values()]
        arrays = [each for each in found if each is not None]
        if len(arrays) != 1:
            raise self._wrong(f"has {len(arrays)} arrays; `paging.rule.items_pointer` says which")
        return arrays[0]

    def _is_last(self, page: Page, items: list[bytes], turn: Turn) -> bool:
        """Whether the page says that it is the last, or has fewer items than were asked for."""
        rule, json = self.rule, page.json or b"null"
        if rule.more and slice_at(json, rule.more) == b"false":
            return True
        if rule.last and slice_at(json, rule.last) == b"true":
            return True
        size = self._given(rule.size, turn) if rule.size else None
        return size is not None and len(items) < size

    def _place(self, reference: str, page: Page) -> Place:
        """Where a URL of the page leads; raises Astray."""
        for base in self.bases if page.server else ():
            if page.url.startswith(f"{base.origin}{base.path}/"):
                return next_place_behind(reference, page.url, base, page.server, self.added)
        return next_place(reference, page.url, self.bases, self.added)

    def _next(self, page: Page, items: list[bytes], turn: Turn) -> Turn | None:
        """The call that the page names or its number makes; None where there is none."""
        if self.rule.kind in COUNTED:
            return self._counted(page, items, turn)
        raw, mark = self._mark(page)
        if not mark:
            return None
        if self.rule.kind in BY_URL:
            try:
                place = self._place(mark, page)
            except Astray as error:
                raise self._wrong(f"names a next page that {error}") from None
            following = Turn(arguments=turn.arguments, place=place)
            here, mark = page.url, f"{place.origin}{place.target}"
        else:
            here, following = self._cursor(turn), self._turned(turn, raw, mark)
        self._seen.add(here)
        if mark in self._seen:
            if not items:
                return None  # some backends repeat the last token where nothing is left
            raise self._wrong("names a next page that was there before: that would never end")
        self._seen.add(mark)
        return following

    def _cursor(self, turn: Turn) -> str:
        """The token that the page was asked for with; empty for the first."""
        value = read(turn.arguments, placed(self.rule.parameter, self.action, turn.arguments))
        return "" if value is None else str(value)

    def _mark(self, page: Page) -> tuple[bytes, str]:
        """The URL or token of the next page, as it is written and as text; empty for none."""
        rule = self.rule
        if rule.kind is PageKind.LINK:
            return b"", next_link(value for name, value in page.headers if name == "link")
        if rule.header:
            name = rule.header.lower()
            found = (value.strip() for key, value in page.headers if key == name)
            return b"", next(found, "")
        raw = slice_at(page.json, rule.next) if page.json is not None else None
        if raw is not None and raw[:1] in b"{[":
            raise self._wrong(f"has no text at `{pointer(rule.next)}`")
        return raw or b"", text_of(raw) or ""

    def _counted(self, page: Page, items: list[bytes], turn: Turn) -> Turn | None:
        """The next number, unless the page is empty or the last by what it counts."""
        if not items:
            return None
        if items == self._before and items[0][:1] == b"{":
            name = ".".join(self.rule.parameter)
            raise self._wrong(f"is the same as the one before: the backend does not heed `{name}`")
        given = self._given(self.rule.parameter, turn)
        at = self.rule.start if given is None else given
        at += 1 if self.rule.kind is PageKind.PAGE else len(items)
        total = self._total(page)
        if total and at - self.rule.start >= total:
            return None
        return self._turned(turn, b"%d" % at, str(at))

    def _total(self, page: Page) -> int | None:
        raw = slice_at(page.json, self.rule.total) if page.json and self.rule.total else None
        text = text_of(raw) or ""
        return int(text) if text.isdecimal() and len(text) < LONGEST else None

    def _given(self, path: Path, turn: Turn) -> int | None:
        """The number that an argument is; None where it is not given."""
        value = read(turn.arguments, placed(path, self.action, turn.arguments))
        text = str(value)
        return int(text) if text.isdecimal() and len(text) < LONGEST else None

    def _turned(self, turn: Turn, raw: bytes, mark: str) -> Turn:
        path = placed(self.rule.parameter, self.action, turn.arguments)
        types = types_at(self.action.input_schema, path)
        text = types == {"string"} or not raw or (raw[:1] != b'"' and len(raw) > MAX_DIGITS)
        given = argument(mark) if text else _as_written(raw)
        if (
            types
            and types <= NUMBERS
            and mark.lstrip("-").isdecimal()
            and mark.isascii()
            and len(mark) < MAX_DIGITS
        ):
            given = _as_written(mark.encode())
        return Turn(arguments=put(turn.arguments, path, given))

    def _wrong(self, description: str) -> BackendBadResponse:
        return BackendBadResponse(f"page {self.pages} {description}")


def _as_written(raw: bytes) -> Argument:
    return parse(f'{{"value":{raw.decode()}}}')["value"]
