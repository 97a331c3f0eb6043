"""Redaction: what of a trial is not remembered: credentials, by their schema and by their names."""

import re
from collections.abc import Mapping
from typing import Any, Final

from facade.model.action import Action

NAMES: Final = re.compile(
    r"authori[sz]ation|api[-_ ]?key|token|passw(or)?d|passphrase|secret|credential|cookie|"
    r"private[-_ ]?key|session|signature|otp|pin$",
    re.IGNORECASE,
)
"""Names whose values are taken for credentials."""


def without_credentials(tree: Any, action: Action) -> Any:
    """Arguments, or values for slots, without what looks like a credential at any depth."""
    return _kept(tree, _of_schemes(action), action.input_schema)


def _of_schemes(action: Action) -> frozenset[str]:
    """The parameters by which the action's security schemes are fulfilled."""
    schemes = (each for requirement in action.security or () for each in requirement)
    return frozenset(each.parameter.lower() for each in schemes if each.parameter)


def _kept(tree: Any, names: frozenset[str], schema: Any) -> Any:
    if isinstance(tree, list):
        items = schema.get("items", True) if isinstance(schema, Mapping) else True
        return [_kept(each, names, items) for each in tree]
    if not isinstance(tree, Mapping):
        return tree
    said = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    return {
        key: _kept(each, names, said.get(key, True))
        for key, each in tree.items()
        if not (NAMES.search(key) or key.lower() in names or _is_secret(said.get(key)))
    }


def _is_secret(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("format") == "password"
