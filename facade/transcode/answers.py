"""What the document says of an action's answers: compiled at first need, kept with its recipe."""

from dataclasses import dataclass, field

import msgspec
from msgspec import structs

from facade.model.action import Action, Media, Response
from facade.model.policy import ResponseValidation
from facade.recent import Recent
from facade.transcode.json_text import UTF_8
from facade.transcode.media_type import MediaType, parse
from facade.transcode.redact import one_line
from facade.transcode.validation.schema import Check, compile_schema

SHOWN = 100
"""How many bytes of a backend's media type are repeated to the caller."""

OCTETS = "application/octet-stream"
"""What content is of which no more is known (RFC 9110 section 8.3)."""
UNNAMED = "of no content type"
"""The same, for people."""

KINDS = 16
"""Statuses with content types, of an action, of which that is at hand."""
SHORT = 256
"""Characters of a content type up to which that is so."""

WARN, OFF = ResponseValidation.WARN, ResponseValidation.OFF

EVERY = 100
"""Of answers whose warnings nobody asked to see, one in so many is held to its schema."""


@dataclass(slots=True, kw_only=True)
class Expected:
    """One declared response; the schemas of its media types are compiled as they are needed."""

    status: str
    media: tuple[tuple[MediaType, Media], ...]
    """Those whose type is one, the preferred ones first."""
    json_alone: bool
    """Whether JSON is declared, and nothing else."""
    checks: dict[str, Check] = field(default_factory=dict)
    """By media type, as it is written."""

    @property
    def wanted(self) -> str:
        """The declared media types, for people."""
        return one_line(", ".join(each.text for each, _ in self.media), SHOWN)

    def declares(self, kind: MediaType) -> bool:
        """Whether the document names a media type; any JSON will do where JSON is declared."""
        if self.nearest(kind) is not None:
            return True
        return kind.is_json and any(said.is_json for said, _ in self.media)

    def nearest(self, kind: MediaType) -> Media | None:
        """What is declared for a media type: by itself before a range that it is in."""
        near = [each for each in self.media if each[0].covers(kind)]
        return max(near, key=lambda each: _nearness(each[0], kind))[1] if near else None

    def schema_for(self, kind: MediaType | None) -> Media | None:
        """What content that is JSON is held to, whatever it says to be; None where nothing is.

        Of a type that is not declared, or of none: the first JSON, which it was taken for.
        """
        near = self.nearest(kind) if kind else None
        return near or next((media for said, media in self.media if said.is_json), None)

    def check(self, media: Media) -> Check:
        """The compiled schema of one of its media types."""
        check = self.checks.get(media.type)
        if check is None:
            check = self.checks[media.type] = compile_schema(media.schema)
        return check


UNDECLARED = Expected(status="", media=(), json_alone=False)
"""What is expected of a status of which the document says nothing."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an answer by its status and its content type alone."""

    expected: Expected
    said: tuple[str, ...] | None
    """Its content types as they came; None: it has no content."""
    type: MediaType | None
    """None: it does not say its type, or says none that is one."""
    is_json: bool
    """Whether it must be JSON, as it says itself, or else as nothing but JSON is declared."""
    is_utf8_json: bool
    """Whether it must be JSON in UTF-8, by a charset in which ASCII is that for sure."""
    charset: str
    """That it says; empty where it says none."""
    held_to: Media | None
    """Whose schema it is held to where it is JSON."""
    warnings: tuple[str, ...]
    """What the document does not say of it."""

    @property
    def content_type(self) -> str:
        """As what its body is handed on."""
        return self.type.text if self.type else OCTETS

    @property
    def may_be_blank(self) -> bool:
        """Whether white space is no content: some frameworks write it where JSON is left out."""
        if self.said is None or self.contradicts:
            return False
        return self.type is None or self.type.is_json

    @property
    def contradicts(self) -> bool:
        """Whether it says two content types, which leaves the content without a meaning."""
        return self.said is not None and len(self.said) > 1

    @property
    def named(self) -> str:
        """Its own media types, for people."""
        return " and ".join(one_line(each, SHOWN) for each in self.said or ()) or UNNAMED


class Answers:
    """The declared responses of an action, and how its answers have fared."""

    __slots__ = ("_abouts", "_expected", "_responses", "_selected", "_unseen", "checked", "unfit")

    def __init__(self, action: Action) -> None:
        """Looks at nothing yet."""
        self._responses = {each.status.upper(): each for each in action.responses}
        self._expected: dict[str, Expected] = {}
        self._selected: dict[int, Expected | None] = {}
        self._abouts: Recent[tuple[int, tuple[str, ...] | None], About] = Recent(KINDS)
        self._unseen = 0
        self.checked = 0
        """How many answers were held to their schema."""
        self.unfit = 0
        """How many of those did not fit."""

    def select(self, status: int) -> Expected | None:
        """Finds what is declared for a status: by itself, its range, or `default`; else None."""
        if status in self._selected:
            return self._selected[status]
        keys = (str(status), f"{status // 100}XX", "DEFAULT")
        key = next((each for each in keys if each in self._responses), "")
        found = self._selected[status] = self._expect(key) if key else None
        return found

    def about(self, status: int, said: tuple[str, ...] | None) -> About:
        """What is known of an answer by its status and content types; None: no content."""
        about = self._abouts.get((status, said))
        if about is None:
            about = _about(self.select(status) or UNDECLARED, status, said)
            if sum(map(len, said or ())) <= SHORT:
                self._abouts.put((status, said), about)
        return about

    def due(self, validation: ResponseValidation, *, seen: bool) -> bool:
        """Whether the next answer is held to its schema: all, none, or one in a hundred.

        `seen`: whether anybody is shown what is found.
        """
        if seen or validation is not WARN:
            return validation is not OFF
        self._unseen += 1
        return self._unseen % EVERY == 0

    def count(self, *, fits: bool) -> None:
        """Counts an answer that was held to its schema."""
        self.checked += 1
        self.unfit += not fits

    def _expect(self, key: str) -> Expected:
        expected = self._expected.get(key)
        if expected is None:
            expected = self._expected[key] = _expected(self._responses[key])
        return expected


def _expected(response: Response) -> Expected:
    parsed = ((parse(each.type), each) for each in response.media)
    media = tuple((said, each) for said, each in parsed if said is not None)
    return Expected(
        status=response.status,
        media=media,
        json_alone=bool(media) and all(said.is_json for said, _ in media),
    )


def _about(expected: Expected, status: int, said: tuple[str, ...] | None) -> About:
    alone = said is None or len(said) < 2
    kind = parse(said[0]) if said and alone else None
    if kind is not None and kind.is_range:  # such as `*/*`, which names none
        kind = None
    is_json = said is not None and alone and (expected.json_alone if kind is None else kind.is_json)
    charset = "" if kind is None else kind.charset
    about = About(
        expected=expected,
        said=said,
        type=kind,
        is_json=is_json,
        is_utf8_json=is_json and charset.lower() in UTF_8,
        charset=charset,
        held_to=expected.schema_for(kind),
        warnings=(),
    )
    if expected is UNDECLARED:
        return structs.replace(about, warnings=(f"status {status} is not declared",))
    undeclared = "" if said is None else _undeclared(about, status)
    return structs.replace(about, warnings=(undeclared,)) if undeclared else about


def _undeclared(about: About, status: int) -> str:
    """What the document does not say of the content; empty where it says it all."""
    expected = about.expected
    if not expected.media:
        return f"no content is declared for status {status}; the answer is {about.named}"
    if not any(about.said or ()):
        return f"the answer does not say its type; declared for status {status}: {expected.wanted}"
    if about.type is None or not expected.declares(about.type):
        return f"{about.named} is not declared for status {status}; declared: {expected.wanted}"
    return ""


def _nearness(declared: MediaType, kind: MediaType) -> tuple[int, int, int]:
    """How near a declared type is: a type before a range, then by its parameters."""
    common = len(declared.parameters.items() & kind.parameters.items())
    return declared.nearness, common - len(declared.parameters), common
