"""Arguments as they are typed after `portico call`."""

import json
import shlex
from collections.abc import Mapping
from typing import Any


def typed(values: Mapping[str, Any]) -> str:
    """Arguments as they are typed in a shell, each with a space before it."""
    return "".join(f" {shlex.quote(f'{name}={_text(value)}')}" for name, value in values.items())


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False)
