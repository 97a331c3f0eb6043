"""What is wrong with a file: every place, by field and line."""

import difflib
import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from facade.catalog.connector_form import KEYS
from facade.catalog.expected import expected
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation
from facade.model.secret import FORM
from facade.spec.document import escape, unescape
from facade.spec.text.position import locate

T = TypeVar("T")

REQUIRED: Final = " is required"

# msgspec's words, and ours where they would be hard to act on.
_WORDS: Final = (
    (re.compile(r"Object missing required field `(.+)`"), r"`\1`" + REQUIRED),
    (re.compile(r"Expected `str` matching regex '\^\(env.*", re.DOTALL), FORM),
    (re.compile(r"Expected `str` matching regex .*"),
     "must be lower case letters, digits and `-`, a letter first, at most 63"),
    (re.compile(r"Expected `str`, got `(int|float|bool)`"), "must be text; put it in quotes"),
    (re.compile(r"Expected (.+), got (.+)"), r"must be \1, not \2"),
    (re.compile(r"Expected (.+)"), r"must be \1"),
)  # fmt: skip
_TYPE: Final = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")
_TYPES: Final = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.+)`")
_PATH: Final = re.compile(r"(.*) - at (?:`key` in )?`\$(.*)`", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[([0-9]+)\]|(\[\.\.\.\])")
_SOME: Final = "[...]"
"""msgspec's word for some key of an object whose keys are free."""

MAX_FINDINGS = 20
"""Things that are reported of one value."""


class Findings:
    """Collects what is wrong with one file, by JSON pointer, and makes one fault of it."""

    def __init__(self, source: str) -> None:
        """Takes the file's name."""
        self.source = source
        self._found: list[tuple[str, str]] = []

    def add(self, pointer: str, description: str) -> None:
        """Notes one thing."""
        self._found.append((pointer, description))

    def __bool__(self) -> bool:
        return bool(self._found)

    def convert(self, value: Any, form: type[T], pointer: str) -> T | None:
        """Takes a value as a form; notes what keeps it from being one, and answers None."""
        noted: set[str] = set()
        for _ in range(MAX_FINDINGS):
            try:
                taken = msgspec.convert(value, form)
            except msgspec.ValidationError as problem:
                said, place = _said(str(problem), value, form)
            else:
                return None if noted else taken
            if said.endswith(REQUIRED) and noted & set(said.split("`")):
                return None
            unknown = _UNKNOWN.fullmatch(said)
            if unknown is not None:
                place = [*place, unknown[1]]
                said = _unknown(unknown[1])
            self.add(pointer + _pointer(place), said)
            # What was noted is taken away, so that the next thing shows.
            if not place or not isinstance(place[-1], str):
                return None
            noted.add(place[-1])
            value = _without(value, place[:-1], place[-1])
        return None

    def fault(self, text: str) -> InvalidRequest:
        """One fault for everything that was noted, each with its line."""
        places = locate(text, [pointer for pointer, _ in self._found])
        violations = tuple(
            Violation(
                field=_dotted(pointer),
                description=f"{self.source}:{places[pointer].line}: {description}",
            )
            for pointer, description in sorted(self._found, key=lambda each: places[each[0]][:2])
        )
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        file, _, rest = first.description.partition(": ")
        return InvalidRequest(
            f"{file}: {first.field + ': ' if first.field else ''}{rest}{more}",
            details=Details(violations=violations),
        )


def _said(problem: str, value: Any, form: type) -> tuple[str, list[str | int]]:
    """Our words for a message of msgspec's about a value, and the place that it names."""
    parts = _PATH.fullmatch(problem)
    said, path = (parts[1], parts[2]) if parts is not None else (problem, "")
    steps = [key or some or int(number) for key, number, some in _STEP.findall(path)]
    place = _named(steps, problem, value, form)
    wanted = "" if said.startswith("Object ") else expected(form, place)
    if wanted:
        return f"must be {wanted}", place
    for pattern, words in _WORDS:
        if pattern.fullmatch(said):
            said = pattern.sub(words, said)
            break
    if said.startswith("must be"):
        said = _TYPE.sub(lambda names: " or ".join(map(_type, names[1].split(" | "))), said)
    return said, place


def _unknown(key: str) -> str:
    """What is said of a key that has no place where it stands."""
    if key in KEYS:
        return "is no key of this object; it belongs elsewhere"
    close = difflib.get_close_matches(key, KEYS, n=1)
    return f"unknown key; did you mean `{close[0]}`?" if close else "unknown key"


def _named(steps: list[str | int], problem: str, value: Any, form: type) -> list[str | int]:
    """The steps with the key in place of each `[...]`: the first that alone makes the problem."""
    while _SOME in steps:
        above, below = steps[: steps.index(_SOME)], steps[steps.index(_SOME) + 1 :]
        node = value
        for step in above:
            node = node[step]
        key = next(each for each in node if _is_it(_with(value, above, each), problem, form))
        steps = [*above, key, *below]
    return steps


def _is_it(value: Any, problem: str, form: type) -> bool:
    """Whether it is just that problem that a value has."""
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as found:
        return str(found) == problem
    return False


def _type(name: str) -> str:
    return _TYPES.get(name, name)


def _without(value: Any, place: Sequence[str | int], key: str) -> Any:
    """The value without one key of the object at that place; nothing else is copied."""
    if not place:
        return {each: item for each, item in value.items() if each != key}
    copy = value.copy()
    copy[place[0]] = _without(value[place[0]], place[1:], key)
    return copy


def _with(value: Any, place: Sequence[str | int], key: str) -> Any:
    """The value with that key alone of the object at that place."""
    if not place:
        return {key: value[key]}
    copy = value.copy()
    copy[place[0]] = _with(value[place[0]], place[1:], key)
    return copy


def _pointer(place: Sequence[str | int]) -> str:
    return "".join(f"/{escape(str(each))}" for each in place)


def _dotted(pointer: str) -> str:
    """`versions[0].server` for `/versions/0/server`."""
    tokens = [unescape(each) for each in pointer.split("/")[1:]]
    steps = (f"[{each}]" if each.isdecimal() else f".{each}" for each in tokens)
    return "".join(steps).removeprefix(".")
