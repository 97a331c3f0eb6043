"""YAML by the 1.2 core schema: values of JSON's types, aliases bounded, tags refused."""

import re
from typing import Any, Final

import ryaml
import yaml

from facade.model.action import Problem
from facade.spec.limits import Limits
from facade.spec.text.census import count
from facade.spec.text.numbers import loses_digits
from facade.spec.text.position import unreadable
from facade.spec.text.yaml_tree import Builder

# What ryaml reads in another way than this module: tags, aliases (it does not count them),
# merge keys, binary and signed hexadecimal numbers, numbers beyond a double, and keys whose
# text is not the one that their number has. No pattern is tried twice over the same run.
_BEFORE: Final = r"(?:^|[\s\[{,:])"
SUSPECT: Final = (
    ("!", re.compile(_BEFORE + r"!(?!\[)")),
    ("&", re.compile(_BEFORE + r"&[^\s&]")),
    ("<<", re.compile(r"<<[\"']?\s*:")),
    ("0", re.compile(r"(?:0b|[-+]0[xo])[0-9]|[0-9.][eE][-+]?[0-9]{3}", re.ASCII)),
    (":", re.compile(r"(?<![0-9])[0-9]{300}")),
    (":", re.compile(r"(?<![^\s{\[,])(?:-0|\+\w++|0[xo]\w++)[ \t]*:")),
    ("%TAG", re.compile(r"^%TAG", re.MULTILINE)),
)
FLOW_DEPTH: Final = 100
"""Brackets inside each other beyond which libyaml, whose time grows with their square, is fed
event by event."""
_BRACKET: Final = re.compile(r"[\[\]{}]")

UNCLOSED: Final = "unexpected end of stream"

# libyaml's findings in words that help; its own texts name its grammar's rules.
SYNTAX: Final = (
    ("cannot start any token", "a tab, `@`, `%` or a backtick cannot begin a value; quote it"),
    ("mapping values are not allowed", "a second `: ` in a value (quote it), or wrong indentation"),
    ("could not find expected ':'", "a key without a colon after it, or wrong indentation"),
    ("did not find expected key", "the indentation fits no level above"),
    ("did not find expected '-'", "an item of the list without its dash, or wrong indentation"),
    ("expected ',' or", "a comma or a closing bracket is missing before this"),
    (UNCLOSED, "a quote is never closed"),
    ("sequence entries are not allowed", "a list cannot begin here; put it on its own line"),
    ("escape", "an escape that YAML does not have"),
    ("<document start>", "the document is over here, and more follows"),
    ("alphabetic or numeric character", "`*` or `&` begins an alias or an anchor; quote the value"),
)  # fmt: skip


def read_yaml(text: str, limits: Limits) -> tuple[Any, tuple[Problem, ...]]:
    """The value of a YAML text, and what is doubtful in it.

    Keys are text as written. Raises InvalidSpec for syntax errors, tags outside
    the core schema, several documents, and aliases that recur or explode.
    """
    if is_plain(text, limits):
        try:
            tree = ryaml.loads(text)
        except (ValueError, UnicodeError):
            return read_events(text, limits)  # says what is wrong, or can read it
        census = count(tree)
        within = census.nodes <= limits.nodes and census.depth <= limits.depth
        if within and not census.odd_numbers and _name_numbers(census.odd_keys):
            return tree, ()
    return read_events(text, limits)


def _name_numbers(mappings: tuple[dict[Any, Any], ...]) -> bool:
    """Makes text of the keys that are whole numbers; False where others are not text."""
    for mapping in mappings:
        items = [(str(key) if type(key) is int else key, each) for key, each in mapping.items()]
        if len({key for key, _ in items}) < len(items) or {type(key) for key, _ in items} != {str}:
            return False
        mapping.clear()
        mapping.update(items)
    return True


def is_plain(text: str, limits: Limits) -> bool:
    """Whether the fast reader reads the text as this module would, in linear time."""
    if text.count("\n") + text.count(",") > limits.nodes:
        return False
    if any(sign in text and pattern.search(text) for sign, pattern in SUSPECT):
        return False
    if loses_digits(text):
        return False
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        if depth > FLOW_DEPTH:
            return False
    return True


def read_events(text: str, limits: Limits) -> tuple[Any, tuple[Problem, ...]]:
    """The same as `read_yaml`, always from the events of the C parser, with every check."""
    builder = Builder(text, limits)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        said = error.problem or ""
        mark = error.problem_mark or error.context_mark
        if UNCLOSED in said and error.context_mark:  # which is where the quote begins
            mark = error.context_mark
        words = next((ours for theirs, ours in SYNTAX if theirs in said), "this is not valid YAML")
        raise unreadable(text, mark.index if mark else 0, words) from None
    except yaml.YAMLError:
        raise unreadable(text, 0, "this is not valid YAML") from None
    return builder.root, builder.problems()
