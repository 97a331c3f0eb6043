"""What CEL's library says of a condition, in words that help, each with its place."""

import re
from collections.abc import Iterator
from typing import Final

from facade.expressions.finding import Finding, meant, place_at
from facade.expressions.scope import VARIABLES
from facade.model.definition import Expression

FUNCTIONS: Final = (
    *("size", "contains", "startsWith", "endsWith", "matches", "has", "all", "exists"),
    *("exists_one", "map", "filter", "int", "uint", "double", "string", "bool", "type", "bytes"),
    *("timestamp", "duration", "getFullYear", "getMonth", "getDate", "getDayOfWeek", "getHours"),
)
"""CEL's, by which misspelt ones are told."""
_ERROR: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']+)' applied to '([^']*)'")
_MISSING: Final = re.compile(r'Key not found in map : "?([^"]*)"?')
_MARK: Final = re.compile(r"[_@\[\]]*([^_@\[\]]*)[_@\[\]]*")
_WORDS: Final = {"and": "&&", "or": "||", "not": "!"}
"""Operators of other languages."""
_NUMBERS: Final = frozenset({"int", "uint", "double"})
_SYNTAX: Final = "Syntax error: "


def findings(expression: Expression, said: str) -> Iterator[Finding]:
    """What the library said of a text; of the errors of syntax the first, which brings others."""
    found = _ERROR.findall(said)
    if not found:
        yield Finding(place_at(expression, 0), plain(said))
    broken = [each for each in found if each[2].startswith(_SYNTAX)][:1]
    lines = expression.text.split("\n")
    for line, column, message in broken or found:
        above = lines[: max(int(line), 1) - 1]
        offset = sum(len(each) + 1 for each in above) + max(int(column), 1) - 1
        yield _finding(expression, offset, message)


def plain(message: str) -> str:
    """The library's words without what it wraps them in."""
    return re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", message.partition("\n")[0]).strip()[:300]


def failure(message: str) -> str:
    """An error of an evaluation."""
    missing = _MISSING.search(message)
    if missing:
        return f"`{missing[1][:100]}` is missing; ask with has() first"
    return plain(message)


def _finding(expression: Expression, offset: int, message: str) -> Finding:
    """One thing that the library said; of names the ones that may have been meant are told."""
    undeclared = _UNDECLARED.search(message)
    if undeclared is None:
        said = _syntax(expression.text, offset, message) or _overload(message) or plain(message)
        return Finding(place_at(expression, offset), said)
    name = undeclared[1].split(".")[0]
    start = expression.text.rfind(name, 0, offset + len(name))
    is_call = expression.text[offset : offset + 1] == "("
    known = FUNCTIONS if is_call else VARIABLES
    said = f"no function `{name}` takes these" if is_call else f"there is no variable `{name}`"
    hint = "" if name in known else meant(name, known)
    return Finding(place_at(expression, max(start, 0)), said + hint)


def _syntax(text: str, offset: int, message: str) -> str:
    """What an error of syntax comes of, where that is seen; else nothing."""
    if not message.startswith(_SYNTAX):
        return ""
    here = re.match(r"\w*", text[offset:])
    before = re.search(r"(\w+)\s*$", text[:offset])
    for word in (here[0] if here else "", before[1] if before else ""):
        if word in _WORDS:
            return f"`{word}` is no operator of CEL; write `{_WORDS[word]}`"
    if text[offset : offset + 1] == "=":
        return "`=` compares nothing; write `==`"
    if text[offset : offset + 1] in {"'", '"'}:
        return "the text that begins here has no end, or an escape that CEL does not have"
    if "'<EOF>' expecting" in message:
        return "the condition ends too early"
    return plain(message).partition(" expecting {")[0]


def _overload(message: str) -> str:
    """Which types do not go together; nothing where it is not that."""
    found = _OVERLOAD.search(message)
    if found is None:
        return ""
    mark = _MARK.fullmatch(found[1])
    types = found[2][1:-1]
    several = types.split(", ")
    alike = len(several) > 1 and _NUMBERS.issuperset(several)
    numbers = ": write both alike, `1.0` or `double(…)`" if alike else ""
    name = mark[1] if mark and mark[1] else found[1].replace("_", " ").strip()
    return f"`{name}` does not take `{types}`{numbers}"
