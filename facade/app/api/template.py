"""Templates of paths, as google.api.http writes them: matched against raw paths, and described."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

PARTS = re.compile(r"\{(?P<field>[a-z_.]+)=(?P<pattern>[a-zA-Z/*-]+)\}|(?P<plain>[^{}]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The paths of one method: `/v1/{name=connectors/*/versions/*}/actions`."""

    text: str
    shape: str
    """The same as OpenAPI writes it: `/v1/connectors/{connector}/versions/{version}/actions`."""
    segments: tuple[str, ...]
    """The names of its parameters there."""
    field: str
    """The field of the request that the path says; empty: none."""
    pattern: re.Pattern[str]

    @property
    def is_custom(self) -> bool:
        """Whether it ends in a verb of its own: `:execute`."""
        return ":" in self.text.rpartition("}")[2]

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads one; the segments of its variable stand for the ids of a name (AIP-122)."""
        field, shape, pattern = "", "", ""
        for part in PARTS.finditer(text):
            if part["plain"]:
                shape += part["plain"]
                pattern += re.escape(part["plain"])
                continue
            field = part["field"]
            words = part["pattern"].split("/")
            only = f"/{words.pop()}" if len(words) % 2 else ""  # a singleton (AIP-156)
            shape += "/".join(f"{each}/{{{_one(each)}}}" for each in words[::2]) + only
            pattern += f"({'/'.join(f'{each}/[^/]+' for each in words[::2])}{only})"
        return cls(
            text=text,
            shape=shape,
            segments=tuple(re.findall(r"\{(\w+)\}", shape)),
            field=field,
            pattern=re.compile(pattern),
        )

    def match(self, path: str) -> str | None:
        """What a raw path says of the field, decoded; None where it is another path.

        Only the last id of a name may hold a slash, which the path writes as `%2F`.
        """
        found = self.pattern.fullmatch(path)
        if found is None or not self.field:
            return None if found is None else ""
        *before, last = found[1].split("/")
        decoded = (unquote(each) for each in before)
        kept = (new if "/" not in new else old for new, old in zip(decoded, before, strict=True))
        return "/".join((*kept, unquote(last)))


def _one(collection: str) -> str:
    """What one member of a collection is called."""
    return f"{collection[:-3]}y" if collection.endswith("ies") else collection[:-1]
