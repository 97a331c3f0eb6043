"""Functions: all that JMESPath may call here, its own and the pack."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from facade.expressions.list_functions import OF_LISTS
from facade.expressions.signature import Function
from facade.expressions.text_functions import OF_TEXTS
from facade.expressions.value_functions import OF_VALUES

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    dict(sorted({**OF_TEXTS, **OF_LISTS, **OF_VALUES}.items()))
)
"""By name, in order."""
