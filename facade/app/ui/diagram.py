"""Diagrams: the steps of a flow as boxes with ways between them, laid out here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from facade.app.ui.words import of_trigger, of_work
from facade.model.definition import (
    Choose,
    Definition,
    ForEach,
    Step,
)

WIDTH: Final = 236
"""Of a box, in units of the picture."""
HEIGHT: Final = 48
GAP: Final = 30
"""Between a box and the next one below it."""
ASIDE: Final = 24
"""Between branches beside each other."""
MARGIN: Final = 14
LONGEST: Final = 32
"""Characters that fit a box."""
DEEPEST: Final = 8
"""Branches within one another that are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One step, or the place where a flow begins or ends."""

    x: int
    y: int
    title: str
    kind: str
    """What it does, in a few words."""
    tone: str = "step"
    """`first`, `step`, `last`, `group`."""
    id: str = ""
    """Of the step; empty: it is none."""
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A line from one point to another one below it: straight down, and then aside."""

    x: int
    y: int
    to_x: int
    to_y: int
    turn: int
    """How far down it goes straight."""
    said: str = ""
    """Beside its end."""
    is_end: bool = False
    """Whether others end where it ends, so that a tip would be one of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """Boxes and ways within a frame; what comes in comes in at the top, in the middle."""

    width: int = WIDTH
    height: int = 0
    boxes: tuple[Box, ...] = ()
    ways: tuple[Way, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether it has no room beside other things."""
        return self.width > 2 * (WIDTH + ASIDE)

    def moved(self, x: int, y: int) -> "Diagram":
        """The same at another place of a larger one."""
        boxes = tuple(replace(each, x=each.x + x, y=each.y + y) for each in self.boxes)
        ways = tuple(
            replace(
                each,
                x=each.x + x,
                y=each.y + y,
                to_x=each.to_x + x,
                to_y=each.to_y + y,
                turn=each.turn + y,
            )
            for each in self.ways
        )
        return replace(self, boxes=boxes, ways=ways)


def picture(definition: Definition) -> Diagram:
    """A flow from its trigger to its outputs."""
    kind, said = of_trigger(definition.trigger)
    parts = [_boxed(said, kind, "first"), *(_step(each, 0) for each in definition.steps)]
    parts += [_boxed(*_named(each), "last", each.id) for each in definition.output]
    whole = _below(parts)
    moved = whole.moved(MARGIN, MARGIN)
    return replace(moved, width=whole.width + 2 * MARGIN, height=whole.height + 2 * MARGIN)


def _step(step: Step, depth: int) -> Diagram:
    if isinstance(step.work, Choose) and depth < DEEPEST:
        return _chosen(step, step.work, depth)
    title, kind = _named(step)
    if isinstance(step.work, ForEach):
        inner = _boxed(title, kind, "step", step.id).moved(MARGIN, MARGIN)
        frame = Box(
            x=0,
            y=0,
            title="",
            kind="",
            tone="group",
            width=WIDTH + 2 * MARGIN,
            height=HEIGHT + 2 * MARGIN,
        )
        return Diagram(width=frame.width, height=frame.height, boxes=(frame, *inner.boxes))
    return _boxed(title, kind, "step", step.id)


def _chosen(step: Step, work: Choose, depth: int) -> Diagram:
    """The question, and its branches beside each other."""
    branches = [_below([_step(each, depth + 1) for each in one.steps]) for one in work.branches]
    said = [one.when.text if one.when is not None else "else" for one in work.branches]
    if all(one.when is not None for one in work.branches):
        branches.append(Diagram(width=WIDTH // 3))
        said.append("else")
    width = sum(each.width for each in branches) + ASIDE * (len(branches) - 1)
    width = max(width, WIDTH)
    head = _boxed(*_named(step), "step", step.id).moved((width - WIDTH) // 2, 0)
    top, tall = HEIGHT + 2 * GAP, max(each.height for each in branches)
    end, middle = top + tall + GAP, width // 2
    boxes, x = list(head.boxes), 0
    ways: list[Way] = []
    for branch, words in zip(branches, said, strict=True):
        at = x + branch.width // 2
        placed = branch.moved(x, top)
        boxes += placed.boxes
        ways += placed.ways
        ways.append(Way(x=middle, y=HEIGHT, to_x=at, to_y=top, turn=HEIGHT, said=_short(words)))
        under, turn = top + branch.height, end - GAP
        ways.append(Way(x=at, y=under, to_x=middle, to_y=end, turn=turn, is_end=True))
        x += branch.width + ASIDE
    return Diagram(width=width, height=end, boxes=tuple(boxes), ways=tuple(ways))


def _below(parts: Sequence[Diagram]) -> Diagram:
    """Parts below each other, with a way from each to the next."""
    width = max((each.width for each in parts), default=WIDTH)
    boxes: list[Box] = []
    ways: list[Way] = []
    y = 0
    for number, part in enumerate(parts):
        if number:
            ways.append(Way(x=width // 2, y=y, to_x=width // 2, to_y=y + GAP, turn=y))
            y += GAP
        placed = part.moved((width - part.width) // 2, y)
        boxes += placed.boxes
        ways += placed.ways
        y += part.height
    return Diagram(width=width, height=y, boxes=tuple(boxes), ways=tuple(ways))


def _boxed(title: str, kind: str, tone: str, id_: str = "") -> Diagram:
    box = Box(x=0, y=0, title=_short(title), kind=_short(kind, LONGEST + 6), tone=tone, id=id_)
    return Diagram(width=WIDTH, height=HEIGHT, boxes=(box,))


def _named(step: Step) -> tuple[str, str]:
    """What a step is called, and what it does."""
    return step.title or step.id, of_work(step.work)


def _short(text: str, most: int = LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One step in words, for those who see no picture."""

    depth: int
    id: str
    title: str
    kind: str
    when: str = ""


def lines(steps: Iterable[Step], depth: int = 0) -> Iterator[Line]:
    """The steps in words, those of branches within theirs."""
    for step in steps:
        when = step.when.text if step.when is not None else ""
        yield Line(depth=depth, id=step.id, title=step.title, kind=of_work(step.work), when=when)
        if isinstance(step.work, Choose):
            for branch in step.work.branches:
                said = branch.when.text if branch.when is not None else ""
                kind = "where this holds" if said else "else"
                yield Line(depth=depth + 1, id="", title="", kind=kind, when=said)
                yield from lines(branch.steps, depth + 2)
