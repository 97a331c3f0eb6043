"""What the document says of an action's answers: compiled at first need, kept with its recipe."""

from dataclasses import dataclass, field

from facade.model.action import Action, Media, Response
from facade.model.policy import ResponseValidation
from facade.transcode.media_type import MediaType, parse
from facade.transcode.validation.schema import Check, compile_schema

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


class Answers:
    """The declared responses of an action, and how its answers have fared."""

    __slots__ = ("_expected", "_last", "_responses", "_unseen", "checked", "unfit")

    def __init__(self, action: Action) -> None:
        """Looks at nothing yet."""
        self._responses = {each.status.upper(): each for each in action.responses}
        self._expected: dict[str, Expected] = {}
        self._last: tuple[str, MediaType | None] = ("", None)
        self._unseen = 0
        self.checked = 0
        """How many answers were held to their schema."""
        self.unfit = 0
        """How many of those did not fit."""

    def select(self, status: int) -> Expected | None:
        """Finds what is declared for a status: by itself, its range, or `default`; else None."""
        for key in (str(status), f"{status // 100}XX", "DEFAULT"):
            if key in self._responses:
                return self._expect(key)
        return None

    def type_of(self, said: str) -> MediaType | None:
        """The type that a Content-Type names; a range such as `*/*` names none.

        The last one is remembered: an action's answers nearly always say the same.
        """
        if self._last[0] != said:
            kind = parse(said)
            self._last = said, None if kind is None or kind.is_range else kind
        return self._last[1]

    def due(self, validation: ResponseValidation, *, seen: bool) -> bool:
        """Whether the next answer is held to its schema: all, none, or one in a hundred.

        `seen`: whether anybody is shown what is found.
        """
        if validation is ResponseValidation.WARN and not seen:
            self._unseen += 1
            return self._unseen % EVERY == 0
        return validation is not ResponseValidation.OFF

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


def _nearness(declared: MediaType, kind: MediaType) -> tuple[int, int, int]:
    """How near a declared type is: a type before a range, then by its parameters."""
    common = len(declared.parameters.items() & kind.parameters.items())
    return declared.nearness, common - len(declared.parameters), common
