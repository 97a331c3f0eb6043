"""A media type such as `application/json; charset=utf-8`: parse, match, tell the kind."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

TCHAR = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
TCHARS = rf"{TCHAR}++"
"""Possessive: a hostile header of 64 KiB must not cost quadratic time."""
TYPE = re.compile(rf"[ \t]*({TCHARS})/({TCHARS})[ \t]*(?:;([\t -~]*))?")
"""Type, subtype and the parameters of RFC 9110 section 8.3.1; nothing but printable ASCII."""

PARAMETER = re.compile(
    rf'(?<!{TCHAR})({TCHARS})[ \t]*+=[ \t]*+("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|[^;\s"]*+)'
)

TEXTUAL = frozenset(
    {
        "application/ecmascript",
        "application/graphql",
        "application/javascript",
        "application/json-seq",
        "application/jsonl",
        "application/jwt",
        "application/ndjson",
        "application/sql",
        "application/toml",
        "application/x-ndjson",
        "application/x-yaml",
        "application/yaml",
    }
)
"""Types that are text, though their name does not begin with `text/`."""


@dataclass(frozen=True, kw_only=True)
class MediaType:
    """A media type or a range of them; names in lower case."""

    text: str
    """As written, without the spaces around it."""
    type: str
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The first of each name, quotes taken off."""

    @cached_property
    def essence(self) -> str:
        """`type/subtype` alone."""
        return f"{self.type}/{self.subtype}"

    @cached_property
    def charset(self) -> str:
        """The `charset` parameter; empty where there is none."""
        return self.parameters.get("charset", "")

    @cached_property
    def is_range(self) -> bool:
        """Whether it stands for several: `*/*`, `image/*`, `application/*+json`."""
        return "*" in (self.type, self.subtype) or self.subtype.startswith("*+")

    @cached_property
    def nearness(self) -> int:
        """How little else it stands for: a type 3, `type/*+suffix` 2, `type/*` 1, `*/*` 0."""
        if not self.is_range:
            return 3
        return 2 if self.subtype.startswith("*+") else int(self.type != "*")

    @cached_property
    def is_json(self) -> bool:
        """Whether its content is one JSON value."""
        return self.subtype.endswith("+json") or self.essence in {"application/json", "text/json"}

    @cached_property
    def is_xml(self) -> bool:
        """Whether its content is XML (RFC 7303)."""
        return self.subtype.endswith("+xml") or self.subtype == "xml"

    @cached_property
    def is_text(self) -> bool:
        """Whether its content is text of some kind, XML among them, JSON not."""
        if self.is_json:
            return False
        yaml = self.subtype.endswith("+yaml")
        return self.type == "text" or self.is_xml or yaml or self.essence in TEXTUAL

    def covers(self, other: "MediaType") -> bool:
        """Whether the other one is it, or within its range; parameters do not count."""
        if self.type not in ("*", other.type):
            return False
        if self.subtype.startswith("*+"):
            return other.subtype.endswith(self.subtype[1:])
        return self.subtype in ("*", other.subtype)


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    """The parameters, last to first; what is none (`;;`, `;utf-8`) is passed over."""
    for name, value in reversed(PARAMETER.findall(text)):
        quoted = value.startswith('"')
        plain = re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"')) if quoted else value
        yield name.lower(), plain


def parse(text: str) -> MediaType | None:
    """Parses a Content-Type or a key of a `content` object; None where it is no media type."""
    match = TYPE.fullmatch(text)
    if match is None:
        return None
    return MediaType(
        text=text.strip(),
        type=match[1].lower(),
        subtype=match[2].lower(),
        parameters=dict(_parameters(match[3] or "")),
    )


def is_json(text: str) -> bool:
    """Tells whether content of that type is one JSON value."""
    parsed = parse(text)
    return parsed is not None and parsed.is_json
