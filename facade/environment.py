"""The one reader of the process's environment."""

import os
from collections.abc import Mapping


def environment() -> Mapping[str, str]:
    """The process's environment, for the parts that take theirs as an argument."""
    return os.environ
