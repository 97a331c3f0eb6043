"""The Link header field (RFC 8288): where `rel="next"` leads."""

import re
from collections.abc import Iterable, Iterator

NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
TARGET = re.compile(r"[ \t]*<([^>]*)>")
PARAMETER = re.compile(
    rf'[ \t]*;[ \t]*(?:({NAME})\*?(?:[ \t]*=[ \t]*(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^",;\s]*)))?)?'
)
"""A parameter, its value as a token or a quoted string; an empty one is none (section 3.2)."""
REST = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^",]++)*,?')
"""What does not read as a parameter, to the comma that begins the next link."""


def next_link(fields: Iterable[str]) -> str:
    """Gives the target of the first link whose relation is `next`; empty where there is none.

    A link with another context (`anchor`) is not about the answer (section 3.2).
    """
    for field in fields:
        for target, parameters in _links(field):
            relations = parameters.get("rel", "").lower().split()
            if "next" in relations and "anchor" not in parameters:
                return target
    return ""


def _links(field: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each link with its parameters, of which the first of a name counts (section 3.3)."""
    at = 0
    while at < len(field):
        target = TARGET.match(field, at)
        parameters: dict[str, str] = {}
        if target:
            at = target.end()
            while match := PARAMETER.match(field, at):
                at = match.end()
                value = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
                if match[1]:
                    parameters.setdefault(match[1].lower(), value or "")
            yield target[1].strip(), parameters
        rest = REST.match(field, at)
        at = max(rest.end() if rest else at, at + 1)
