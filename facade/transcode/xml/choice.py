"""Alternatives of an XML shape: which one a value is by what can be seen of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from facade.model.xml import Element, ElementContent, NodeType

MAX_NESTED = 8
"""Alternatives of alternatives that are looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What can be seen of a value, as one alternative reads it."""

    types: frozenset[str]
    """The JSON types that it may be of."""
    given: Mapping[str, str | None]
    """The properties that are there, with their text where they are no more than that."""
    strange: int
    """How many of its parts the alternative does not know."""
    named: bool = False
    """Whether it has the name of the alternative."""


Look = Callable[[Element], Sight]
"""Looks at one value, as an alternative reads it."""


def settle(content: ElementContent, look: Look) -> ElementContent:
    """Merges the alternatives into what they are alternatives of, the best one first.

    A property that only another one knows has the shape that it has there. What is required is
    what the best one asks for. Without alternatives it is the same content.
    """
    for _ in range(MAX_NESTED):
        if not content.choices:
            break
        content = _merge(content, _ranked(content, look))
    return content


def pick(content: ElementContent, look: Look) -> Element | None:
    """Finds the one alternative that fits best."""
    return next(_ranked(content, look), None)


def _ranked(content: ElementContent, look: Look) -> Iterator[Element]:
    """The alternatives, the best one first: by discriminator, then by name, then by what fits."""
    choices = content.choices
    seen = [look(each) for each in choices]
    said = {sight.given.get(content.discriminator) for sight in seen} if content.mapping else set()
    named = {content.mapping[each] for each in said if each is not None and each in content.mapping}
    order = sorted(
        range(len(choices)),
        key=lambda at: (at not in named, not seen[at].named, _cost(choices[at], seen[at])),
    )
    yield from (choices[at] for at in order)


def _cost(choice: Element, sight: Sight) -> tuple[bool, int, int, bool, int]:
    """How badly a value fits: the less, the better."""
    content = choice.content
    impossible = bool(choice.types) and not choice.types & sight.types
    wrong = sum(
        sight.given[name] not in allowed
        for name, allowed in content.constants.items()
        if sight.given.get(name) is not None
    )
    missing = len(content.required - sight.given.keys())
    refused = content.closed and bool(sight.strange)
    return impossible, wrong, missing, refused, sight.strange


def _merge(content: ElementContent, ranked: Iterator[Element]) -> ElementContent:
    merged = replace(content, choices=())
    for index, each in enumerate(ranked):
        other = each.content
        merged = replace(
            merged,
            members={**other.members, **merged.members},
            required=merged.required if index else merged.required | other.required,
            rest=merged.rest or other.rest,
            items=merged.items or other.items,
            prefix_items=merged.prefix_items or other.prefix_items,
            choices=merged.choices if index else other.choices,
            discriminator=merged.discriminator if index else other.discriminator,
            mapping=merged.mapping if index else other.mapping,
        )
    return merged


def is_array(element: Element) -> bool:
    """Tells whether a value of that shape has to be an array."""
    return element.types - {"null"} == {"array"}


def is_list(element: Element, content: ElementContent) -> bool:
    """Tells whether a value of that shape is an array, or as good as one."""
    return is_array(element) or bool(content.prefix_items)


def nodes(element: Element) -> tuple[Element, ...]:
    """The nodes that a value may be: one, or one for each alternative that has its own."""
    content = element.content
    if element.node is NodeType.NONE and content.choices and not is_list(element, content):
        return content.choices
    return (element,)


def chosen(element: Element, look: Look) -> Element:
    """Follows alternatives that have nodes of their own to the one that fits best."""
    for _ in range(MAX_NESTED):
        found = nodes(element)
        if found == (element,):
            break
        element = pick(element.content, look) or element
    return element
