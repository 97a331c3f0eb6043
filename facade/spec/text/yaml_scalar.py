"""What a plain YAML scalar means by the 1.2 core schema."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from facade.spec.text.numbers import number_of

# YAML 1.2.2 section 10.3.2. A number with a leading zero is text: JSON has none, and
# readers disagree whether it counts by eight or by ten.
INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
WORDS: Final = {
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
DIGITS: Final = 3000
"""Digits of a number at most; Python does not convert many more."""
CORE: Final = "tag:yaml.org,2002:"
TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, Decimal),
    "bool": (bool,),
    "null": (type(None),),
}
"""The tags of the core schema that a scalar may have."""


def resolve(text: str) -> Any:
    """The value of a plain scalar; raises ValueError for a number of too many digits."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        if len(text) > DIGITS:
            raise ValueError(f"a number of more than {DIGITS} digits")
        return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)
    if FLOAT.fullmatch(text):
        if text[-1] in "fFnN":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return number_of(text)
    return text


def resolve_tagged(text: str, tag: str) -> Any:
    """The value of a scalar with a tag of the core schema; raises ValueError if it has another."""
    name = tag.removeprefix(CORE)
    if name == tag or name not in TYPES:
        raise ValueError(
            f"the tag `{tag.replace(CORE, '!!')}` is refused: only JSON's types are read"
        )
    value = text if name == "str" else resolve(text)
    if name == "float" and type(value) is int:
        value = float(value)
    if type(value) not in TYPES[name]:
        raise ValueError(f"the value does not fit its tag !!{name}")
    return value
