"""Bodies: what may be sent and what comes back, by status and media type."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from facade.model.action import Media
from facade.model.difference import Finding
from facade.spec.diff.edition import Answer, Called, Content
from facade.spec.diff.pair import Key
from facade.spec.diff.phrase import listed, quoted
from facade.spec.diff.rules import finding
from facade.spec.schemas.schema import Direction


class About(NamedTuple):
    """Whose media types are compared, and what is said of those that differ."""

    direction: Direction
    what: str
    """As its rules begin."""
    gone: str
    more: str


REQUEST = About(
    direction=Direction.REQUEST,
    what="request",
    gone="a body of {} is not taken any more",
    more="a body may be of {} now",
)


def compare_body(old: Called, new: Called) -> Iterator[Finding | Key]:
    """What differs in the request body."""
    before, after = old.action.body, new.action.body
    places = old.body_pointer, new.body_pointer
    if before is None and after is not None:
        rule = "body-added-required" if after.required else "body-added"
        must = "must" if after.required else "may"
        yield finding(rule, f"a body {must} be given now", old.pointer, places[1])
    elif after is None and before is not None:
        yield finding("body-removed", "no body is taken any more", places[0], new.pointer)
    elif before is not None and after is not None:
        if before.required != after.required:
            word = "required" if after.required else "optional"
            yield finding(f"body-became-{word}", f"the body is {word} now", *places)
        folded = [
            each for each in before.flat if each not in after.flat and each in _properties(new)
        ]
        if folded:
            message = f"{listed(folded)} can be given within `body` alone now"
            yield finding("argument-folded", message, *places)
        yield from _compare_contents(old.contents, new.contents, REQUEST, places)


def compare_answers(old: Called, new: Called) -> Iterator[Finding | Key]:
    """What differs in the answers, by status."""
    for status, answer in old.answers.items():
        other = _answer(status, new.answers)
        if other is not None:
            yield from _compare_answer(answer, other)
        if status not in new.answers:
            yield _status(status, answer, removed=True, old=old, new=new)
    promised = any(_succeeds(each) for each in old.answers)
    for status, answer in new.answers.items():
        if status in old.answers:
            continue
        other = _answer(status, old.answers)
        if other is not None and (other.status != "default" or not promised):
            yield from _compare_answer(other, answer)
        elif promised or not _succeeds(status):
            yield _status(status, answer, removed=False, old=old, new=new)


def _compare_answer(old: Answer, new: Answer) -> Iterator[Finding | Key]:
    places = old.pointer, new.pointer
    if bool(old.contents) != bool(new.contents):
        rule = "response-body-added" if new.contents else "response-body-removed"
        words = "has content now" if new.contents else "has no content any more"
        yield finding(rule, f"the answer {old.status} {words}", *places)
        return
    said = f"the answer {old.status}"
    about = About(
        direction=Direction.RESPONSE,
        what="response",
        gone=f"{said} does not come as {{}} any more",
        more=f"{said} may come as {{}} now",
    )
    yield from _compare_contents(old.contents, new.contents, about, places)


def _compare_contents(
    old: Mapping[str, Content],
    new: Mapping[str, Content],
    about: About,
    places: tuple[str, str],
) -> Iterator[Finding | Key]:
    """What differs by media type."""
    kept: set[str] = set()
    for name, content in old.items():
        found = _meant(name, new)
        if found is None:
            message = about.gone.format(quoted(name))
            yield finding(f"{about.what}-media-type-removed", message, *places)
            continue
        kept.add(found)
        yield from _compare_content(content, new[found], about.direction, places)
    for name in new:
        if name not in kept and old:
            message = about.more.format(quoted(name))
            yield finding(f"{about.what}-media-type-added", message, *places)


def _compare_content(
    old: Content, new: Content, direction: Direction, places: tuple[str, str]
) -> Iterator[Finding | Key]:
    if old.of_items != new.of_items:
        message = f"whether {quoted(old.media.type)} is still what it was could not be decided"
        yield finding("undecided", f"{message}: its items are declared otherwise", *places)
    else:
        yield Key(direction, old.value, new.value)
    if direction is Direction.REQUEST and _written(old.media) != _written(new.media):
        message = f"parts of {quoted(old.media.type)} are written in another way now"
        yield finding("encoding-changed", message, *places)


def _written(media: Media) -> tuple[object, ...]:
    return media.encoding, media.prefix_encoding, media.item_encoding


def _status(status: str, answer: Answer, *, removed: bool, old: Called, new: Called) -> Finding:
    kind = "success" if _succeeds(status) else "error"
    word = "removed" if removed else "added"
    message = f"the answer {status} {'is not declared any more' if removed else 'is new'}"
    places = (answer.pointer, new.pointer) if removed else (old.pointer, answer.pointer)
    return finding(f"{kind}-status-{word}", message, *places)


def _answer(status: str, answers: Mapping[str, Answer]) -> Answer | None:
    """What is said of a status: by itself, by its range, or by `default`."""
    for key in (status, f"{status[:1]}XX", "default"):
        if key in answers:
            return answers[key]
    return None


def _succeeds(status: str) -> bool:
    return status.startswith("2")


def _meant(name: str, contents: Mapping[str, Content]) -> str | None:
    """The media type that stands for one: itself, or a range such as `image/*`."""
    if name in contents:
        return name
    wanted = _essence(name)
    exact = (each for each in contents if _essence(each) == wanted)
    ranges = (each for each in contents if "*" in each and fnmatchcase(wanted, _essence(each)))
    return next(exact, None) or next(ranges, None)


def _essence(name: str) -> str:
    """A media type without its parameters (RFC 9110 section 8.3.1)."""
    return name.partition(";")[0].strip().lower()


def _properties(called: Called) -> frozenset[str]:
    """The properties of the body, whether they may stand by themselves or not."""
    schema = called.action.body.media[0].schema if called.action.body else True
    return frozenset(schema.get("properties", ())) if isinstance(schema, Mapping) else frozenset()
