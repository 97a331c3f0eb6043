"""Rules of pages that no extension states: by names of parameters and members that fit together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from facade.model.paging import PageKind, PageRule, Path
from facade.spec.pagination.answer_shape import Shape
from facade.spec.pagination.site import WRAPPERS, Paged, plain

AROUND = WRAPPERS | frozenset(
    {"meta", "metadata", "pagination", "paging", "page", "pageinfo", "pages", "paginginfo"}
    | {"paginginformation", "paginationinfo", "responsemetadata", "links", "link", "cursors"}
    | {"cursor", "next", "listmetadata", "pagingmetadata", "pagemetadata", "pagemeta"}
)
"""What objects are called that speak of pages."""
DEEPEST = 3
"""Objects within one another."""

URLS = frozenset(
    {"nextlink", "odatanextlink", "nexturl", "nexturi", "nexthref", "nextpageurl"}
    | {"nextpagelink", "nextpageuri", "nextpagehref", "nextrecordsurl"}
)
"""Members that are URLs by their names."""
PERHAPS = frozenset({"next", "nextpage", "pagingnext"})
"""Members that are URLs where more than the name says so."""
IN_LINKS = frozenset({"links", "link"})
IS_URL = re.compile(r"\b(?:urls?|uris?|links?|href)\b", re.IGNORECASE)
STARTS_AS_URL = re.compile(r"https?://|/")

TOKENS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "nextpagetoken": frozenset({"pagetoken", "nextpagetoken", "nexttoken", "startpagetoken"}),
        "nexttoken": frozenset({"nexttoken", "pagetoken", "token", "continuationtoken"}),
        "nextcursor": frozenset(
            {"cursor", "nextcursor", "startcursor", "pagecursor", "after", "startingafter"}
        ),
        "nextmarker": frozenset({"marker", "nextmarker"}),
        "nextbookmark": frozenset({"bookmark", "nextbookmark"}),
        "nextcontinuationtoken": frozenset({"continuationtoken"}),
        "continuationtoken": frozenset({"continuationtoken"}),
        "continuation": frozenset({"continuation"}),
        "continue": frozenset({"continue"}),
        "nextpagestart": frozenset({"start"}),
        "nextstart": frozenset({"start"}),
        "nextoffset": frozenset({"offset"}),
        "nextskip": frozenset({"skip"}),
        "nextpage": frozenset({"page", "nextpage", "pagetoken", "pagenumber"}),
        "nextpageid": frozenset({"pageid", "nextpageid"}),
        "next": frozenset({"next", "cursor", "after", "start", "from", "pagetoken", "pagecursor"}),
        "endcursor": frozenset({"after", "cursor", "startcursor"}),
        "bookmark": frozenset({"bookmark"}),
        "cursor": frozenset({"cursor"}),
    }
)
"""Members that hold the token of the next page, the surest first, each with its parameters."""
DOUBTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "after": frozenset({"after", "pageafter", "pagecursor"}),
        "offset": frozenset({"offset"}),
        "lastid": frozenset({"after", "afterid", "startingafter"}),
    }
)
"""Members that hold it where nothing else does: they also say where a page begins."""
AFTER = frozenset({"startingafter", "afterid"})
"""Parameters that take the id of the last item (Stripe)."""

MORE = frozenset({"hasmore", "hasnext", "hasnextpage", "hasmoreitems", "hasmoreresults"})
LAST = frozenset({"islast", "islastpage", "lastpage", "last"})
PAGES = frozenset({"totalpages", "pagecount", "totalpagecount", "lastpage", "pagestotal"})
ITEMS = frozenset(
    {"total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalelements"}
)

PAGE = frozenset({"page", "pagenumber", "pageno", "pagenum", "currentpage", "pageindex"})
OFFSET = frozenset({"offset", "skip", "pageoffset"})
START = frozenset({"start", "startat", "startindex"})
"""Parameters that may count items, where the document says so, and with what they begin."""
END = frozenset({"end", "endat", "endtime", "enddate", "stop", "to", "until"})
"""Parameters that tell that the start is one of time."""
SIZE = frozenset(
    {"limit", "top", "take", "size", "count", "perpage", "pagesize", "pagelimit", "maxresults"}
    | {"max", "rows", "itemsperpage", "resultsperpage", "maxitems", "maxcount", "maxperpage"}
    | {"recordsperpage", "maxpagesize", "numresults", "pagesizelimit"}
)
FROM_0 = re.compile(
    r"(?i)\b(?:zero|0)[- ](?:based|indexed?)|\bstart(?:s|ing)?\s+(?:from|at|with) 0"
)
FROM_1 = re.compile(r"(?i)\b(?:one|1)[- ](?:based|indexed?)|\bstart(?:s|ing)?\s+(?:from|at|with) 1")
OF_ITEMS = re.compile(r"(?i)\b(?:index|items?|records?|results?|rows?|entr(?:y|ies)|offset)\b")
OF_SKIPPED_PAGES = re.compile(r"(?i)\b(?:page number|number of pages|pages to skip|which page)\b")
OF_PAGES = re.compile(r"(?i)\b(?:next|pages?|pagina\w+)\b")
NUMBERS = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A member of the answer, or a header field, that may speak of pages."""

    name: str
    """Without case and separators."""
    path: Path
    shape: Shape
    text: str
    """What the document says of it."""
    header: str = ""

    @property
    def place(self) -> dict[str, Any]:
        """Where a rule finds it."""
        return {"header": self.header} if self.header else {"next": self.path}


def by_convention(paged: Paged) -> PageRule | None:
    """The rule that names and types tell of; None where they do not fit together plainly."""
    if paged.method != "GET" or paged.items is None:
        return None
    marks = [*_marks(paged.answer), *_header_marks(paged)]
    return (
        _by_token(paged, marks, TOKENS)
        or _by_url(paged, marks)
        or _by_link(paged, marks)
        or _by_token(paged, marks, DOUBTED)
        or _by_last_item(paged, marks)
        or _by_number(paged, marks)
    )


def _marks(shape: Shape | None, path: Path = ()) -> Iterator[Mark]:
    """The members of the answer and of the objects in it that speak of pages."""
    for name, each in shape.properties.items() if shape else ():
        here = (*path, name)
        yield Mark(plain(name), here, each, each.description)
        if len(path) < DEEPEST and plain(name) in AROUND and "array" not in each.types:
            yield from _marks(each, here)


def _header_marks(paged: Paged) -> Iterator[Mark]:
    for name, (shape, description) in paged.headers.items():
        yield Mark(plain(name).removeprefix("x"), (), shape, description, name.lower())


def _by_token(
    paged: Paged, marks: list[Mark], names: Mapping[str, frozenset[str]]
) -> PageRule | None:
    """A token in the answer, and a parameter whose name and type fit it."""
    flags = _flags(marks)
    for name, parameters in names.items():
        for mark in marks:
            if mark.name != name or not _is_token(mark, flags):
                continue
            parameter = _parameter(paged, parameters, token=mark.shape)
            if parameter:
                return _rule(paged, PageKind.CURSOR, marks, parameter=parameter, **mark.place)
    return None


def _is_token(mark: Mark, flags: Mapping[str, Any]) -> bool:
    """Whether a member is a token by its type, and by what stands around it."""
    if mark.name == "after" and len(mark.path) < 2:
        return False
    if mark.name == "offset" and mark.shape.types != {"string"}:
        return False
    if mark.name == "lastid" and "more" not in flags:
        return False
    return not mark.shape.types - {"string", *NUMBERS} and not _is_url(mark)


def _by_url(paged: Paged, marks: list[Mark]) -> PageRule | None:
    """A member that is the URL of the next page, or an object that has it as `href`."""
    for mark in marks:
        if mark.name not in URLS | PERHAPS:
            continue
        path = mark.path
        if "object" in mark.shape.types:
            if mark.shape.at("href") is None:
                continue
            path = (*path, "href")
        elif mark.shape.types - {"string"} or not _is_url(mark):
            continue
        place = mark.place if mark.header else {"next": path}
        return _rule(paged, PageKind.NEXT_URL, marks, **place)
    return None


def _is_url(mark: Mark) -> bool:
    """Whether a member is a URL by its name, place, format, example or description."""
    if mark.name in URLS:
        return True
    if mark.name not in PERHAPS:
        return False
    if len(mark.path) > 1 and plain(mark.path[-2]) in IN_LINKS:
        return True
    if str(mark.shape.said("format")) in {"uri", "url", "uri-reference", "hyperlink"}:
        return True
    examples = mark.shape.said("examples")
    shown = [mark.shape.said("example"), *(examples if isinstance(examples, list) else ())]
    if any(isinstance(each, str) and STARTS_AS_URL.match(each) for each in shown):
        return True
    return bool(IS_URL.search(mark.text))


def _by_link(paged: Paged, marks: list[Mark]) -> PageRule | None:
    """A declared Link header, where anything else speaks of pages as well."""
    link = next((each for each in marks if each.header == "link"), None)
    if link is None:
        return None
    sized = _parameter(paged, SIZE | PAGE | OFFSET) or OF_PAGES.search(link.text)
    if not sized:
        return None
    return _rule(paged, PageKind.LINK, marks)


def _by_last_item(paged: Paged, marks: list[Mark]) -> PageRule | None:
    """The last item's id becomes the argument, as long as the answer says that there is more."""
    parameter, flags = _parameter(paged, AFTER), _flags(marks)
    array = paged.answer.at(*paged.items) if paged.answer and paged.items is not None else None
    item = array.item if array else None
    if parameter is None or "more" not in flags or item is None or item.at("id") is None:
        return None
    place = (*(paged.items or ()), "-1", "id")
    return _rule(paged, PageKind.CURSOR, marks, next=place, parameter=parameter)


def _by_number(paged: Paged, marks: list[Mark]) -> PageRule | None:
    """A parameter that counts pages or items, beside one for the size of a page.

    None where the answer speaks of a next page in a way that is not understood.
    """
    counted = [*_counted(paged)]
    next_ones = any(each.name.startswith("next") for each in marks)
    if len(counted) != 1 or next_ones or _parameter(paged, SIZE) is None:
        return None
    kind, key, first = counted[0]
    if first is None:
        return None
    total = _flag(marks, PAGES if kind is PageKind.PAGE else ITEMS, NUMBERS)
    return _rule(paged, kind, marks, parameter=(key,), total=total, first=first)


def _counted(paged: Paged) -> Iterator[tuple[PageKind, str, int | None]]:
    """The parameters that count pages or items, with what they begin at."""
    names = {plain(name) for name in paged.parameters}
    for name, (parameter, shape) in paged.parameters.items():
        text = f"{parameter.description}\n{shape.description}"
        if not shape.types or shape.types - NUMBERS:
            continue
        if plain(name) in PAGE:
            yield PageKind.PAGE, parameter.key, _first(shape, text)
        elif plain(name) in OFFSET:
            paged_by = OF_SKIPPED_PAGES.search(text)
            first = None if paged_by else _first(shape, text, otherwise=0)
            yield PageKind.OFFSET, parameter.key, first
        elif plain(name) in START and OF_ITEMS.search(text) and not names & END:
            yield PageKind.OFFSET, parameter.key, _first(shape, text)


def _first(shape: Shape, text: str, otherwise: int | None = None) -> int | None:
    """What the first page or item is called; where that is 0 or 1, somebody must say which."""
    default = shape.said("default")
    for said in (default, shape.said("minimum")):
        if type(said) is int and said in (0, 1):
            return said
    zero, one = FROM_0.search(text), FROM_1.search(text)
    if default is not None or (zero and one):
        return None
    if zero or one:
        return 0 if zero else 1
    return otherwise


def _parameter(paged: Paged, names: frozenset[str], token: Shape | None = None) -> Path | None:
    """The parameter of one of the names; None where there are none or several.

    A token that is text does not fit a parameter that is a number.
    """
    text = token is not None and token.types == {"string"}
    found = [
        parameter.key
        for name, (parameter, shape) in paged.parameters.items()
        if plain(name) in names
        and not shape.types & {"array", "object", "boolean"}
        and not (text and shape.types and shape.types <= NUMBERS)
    ]
    return (found[0],) if len(found) == 1 else None


def _rule(paged: Paged, kind: PageKind, marks: list[Mark], **fields: Any) -> PageRule:
    given = _flags(marks) | fields
    return PageRule(kind=kind, source="convention", items=paged.items, **given)


def _flags(marks: list[Mark]) -> dict[str, Any]:
    """Where it is said that there is more, or that this is the last page."""
    boolean = frozenset({"boolean"})
    found = {"more": _flag(marks, MORE, boolean), "last": _flag(marks, LAST, boolean)}
    return {name: path for name, path in found.items() if path}


def _flag(marks: list[Mark], names: frozenset[str], types: frozenset[str]) -> Path:
    for mark in marks:
        if mark.name in names and mark.shape.types and mark.shape.types <= types and mark.path:
            return mark.path
    return ()
