"""Inline: what an inline type is called that several actions share, whoever comes first."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from facade.model.action import Action, Parameter
from facade.spec.document import unescape
from facade.spec.naming import slug
from facade.spec.typed.naming import camel

SHARED: Final = re.compile(r"/components/(parameters|requestBodies|responses|mediaTypes)/([^/]+)")
"""What an operation refers to, with its schema inside."""
OF_PATH: Final = re.compile(r"(/(?:paths|x-ms-paths|components/pathItems)/[^/]+)/parameters/[0-9]+")
TAILS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "parameters": "Parameter",
        "requestBodies": "Body",
        "responses": "Response",
        "mediaTypes": "Content",
    }
)


class Inline(NamedTuple):
    """What a type would be called that is no component's."""

    key: str
    name: str


def inline(pointer: str, own: Inline) -> Inline:
    """By its component where the schema at a pointer stands within one, else the action's own."""
    shared = SHARED.match(pointer)
    if shared is None:
        return own
    tail, name = TAILS[shared[1]], camel(unescape(shared[2]))
    return Inline(shared[0], name if name.endswith(tail) else f"{name}{tail}")


def argument(pointer: str, parameter: Parameter, action: Action, own: Inline) -> Inline:
    """The same for a parameter, which may be one of all operations of a path."""
    whole = OF_PATH.match(pointer)
    if whole is None:
        return inline(pointer, own)
    key = f"{whole[1]}/{parameter.location}.{parameter.name}"
    return Inline(key, camel(f"{slug('', action.path)} {parameter.name}"))
