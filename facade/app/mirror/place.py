"""Where in a request something stands: a location, and a name there."""

from typing import TypeAlias

from facade.model.action import Location
from facade.model.version import Variable

ParameterPlace: TypeAlias = tuple[str, str]


def place(location: str, name: str) -> ParameterPlace:
    """The place of a name; those of header fields are in lower case."""
    return location, name.lower() if location == Location.HEADER else name


def place_of(variable: Variable) -> ParameterPlace:
    """Where a variable goes; one of the server's address has no place in a request."""
    return place(variable.location or "", variable.name)
