"""XML parsed safely: no document types, no entities but the five, nothing from outside."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from facade.transcode.json_text import to_utf8

MAX_DEPTH = 100
"""Elements within one another."""
MAX_NODES = 100_000
"""Elements and attributes together."""
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SEPARATOR = "\x01"
"""Between namespace, name and prefix: no character of XML 1.0."""
BLANKS = " \t\r\n"
MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""How a document begins that is in an encoding of Unicode (XML 1.0 appendix F)."""
ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")


class XmlDefect(ValueError):
    """What is wrong with XML, in words that may be shown, and where."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        """Takes the words and the place, both from 1; 0 where it is not known."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class Attribute(NamedTuple):
    """An attribute; declarations of namespaces are none."""

    namespace: str
    name: str
    written: str
    """The name with its prefix."""
    value: str


@dataclass(slots=True)
class Run:
    """Text between two tags, or a CDATA section."""

    cdata: bool
    pieces: list[str]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


@dataclass(slots=True, eq=False)
class Tag:
    """An element and what is in it."""

    namespace: str
    name: str
    written: str
    """The name with its prefix."""
    order: int
    """Which of the elements around it this is."""
    attributes: list[Attribute]
    nodes: "list[Tag | Run]" = field(default_factory=list)
    children: "list[Tag]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text right within, all of it."""
        return "".join(each.text for each in self.nodes if isinstance(each, Run))

    @property
    def said(self) -> str:
        """The same without the white space that only sets out what is around it."""
        runs = [each for each in self.nodes if isinstance(each, Run)]
        marked = any(each.cdata for each in runs)
        if not self.children and not marked:
            return self.text
        return "".join(each.text for each in runs if each.cdata or each.text.strip(BLANKS))

    @property
    def nil(self) -> bool:
        """Whether it says that it is null (XML Schema part 1, section 2.6.2)."""
        return any(
            each.namespace == XSI and each.name == "nil" and each.value.strip() in ("true", "1")
            for each in self.attributes
        )


def parse(data: bytes, charset: str) -> Tag:
    """Parses a document and gives its root; `charset` is the Content-Type's, empty if none.

    A byte order mark goes before the charset, that before the XML declaration (RFC 7303 section
    3.2). Raises XmlDefect for what is not well-formed, has a document type declaration, is not
    of its charset, nested deeper than 100 elements or larger than 100,000 nodes.
    """
    encoding = _encoding(data, charset)
    text = to_utf8(data, encoding)
    if text is None:
        raise XmlDefect("is not text of the charset that it says it is")
    return _Builder().build(text)


def _encoding(data: bytes, charset: str) -> str:
    marked = next((name for mark, name in MARKS[:3] if data.startswith(mark)), "") or charset
    if marked:
        return marked
    guessed = next((name for mark, name in MARKS[3:] if data.startswith(mark)), "")
    declared = ENCODING.match(data[:200])
    return guessed or (declared[1].decode("ascii") if declared else "utf-8")


class _Builder:
    """Builds the tree while expat reads, within limits."""

    def __init__(self) -> None:
        self._open: list[Tag] = []
        self._root: Tag | None = None
        self._nodes = 0
        self._cdata = False
        self._parser = parser = expat.ParserCreate("utf-8", SEPARATOR)
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartCdataSectionHandler = self._start_cdata
        parser.EndCdataSectionHandler = self._end_cdata

    def build(self, data: bytes) -> Tag:
        final = True
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            raise XmlDefect("is not well-formed XML", error.lineno, error.offset + 1) from None
        if self._root is None:
            raise XmlDefect("is not well-formed XML", 1, 1)
        return self._root

    def _refuse(self, message: str) -> NoReturn:
        parser = self._parser
        raise XmlDefect(message, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def _doctype(self, *_: object) -> None:
        """Entities are declared there, and what they expand to has no bounds."""
        self._refuse("has a document type declaration, which is never read")

    def _start(self, name: str, listed: list[str]) -> None:
        self._nodes += 1 + len(listed) // 2
        if self._nodes > MAX_NODES:
            self._refuse(f"has more than {MAX_NODES:,} elements and attributes")
        if len(self._open) >= MAX_DEPTH:
            self._refuse(f"is nested deeper than {MAX_DEPTH} elements")
        around = self._open[-1] if self._open else None
        attributes = [
            Attribute(*_split(key), value)
            for key, value in zip(listed[::2], listed[1::2], strict=True)
        ]
        tag = Tag(*_split(name), len(around.children) if around else 0, attributes)
        if around is None:
            self._root = tag
        else:
            around.nodes.append(tag)
            around.children.append(tag)
        self._open.append(tag)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        nodes = self._open[-1].nodes
        last = nodes[-1] if nodes else None
        if isinstance(last, Run) and last.cdata == self._cdata:
            last.pieces.append(text)
        else:
            nodes.append(Run(self._cdata, [text]))

    def _start_cdata(self) -> None:
        self._cdata = True

    def _end_cdata(self) -> None:
        self._cdata = False


def _split(name: str) -> tuple[str, str, str]:
    """Namespace, name, and the name as written."""
    parts = name.split(SEPARATOR)
    if len(parts) == 1:
        return "", name, name
    return parts[0], parts[1], f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[1]
