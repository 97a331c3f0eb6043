"""Which kind of file a text is, by the text itself."""

from typing import Final

from facade.errors.caller import InvalidSpec
from facade.flows.document.reading import LIMITS
from facade.spec.load import read_tree

OTHERS: Final = frozenset({"connector", "openapi", "swagger"})
"""The keys of files that are no flows, though they may have `steps`."""


def is_flow(text: str) -> bool:
    """Whether a text is that of a flow: a mapping that has `steps`, and is nothing else."""
    if "steps" not in text or len(text) > LIMITS.size:
        return False
    try:
        tree, _ = read_tree(text.removeprefix("\ufeff"), LIMITS)
    except InvalidSpec:
        return False
    return isinstance(tree, dict) and "steps" in tree and not OTHERS & tree.keys()
