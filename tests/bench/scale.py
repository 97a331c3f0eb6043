"""How much is measured: the whole, a quick look, or a short one for machines that are busy."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Amounts of one run."""

    rounds: int
    """Timed runs of each case."""
    calls: int
    """In a run."""
    seconds: float
    """Of each open loop."""
    many: int
    """Calls before memory is looked at again."""
    storms: int
    """Of clients that vanish."""
    minute: float = 60.0
    """Seconds at a fixed rate."""
    github: Path | None = None
    """A document to publish in place of the one that is made up."""


WHOLE = Scale(rounds=5, calls=4_000, seconds=10.0, many=300_000, storms=15)
QUICK = Scale(rounds=5, calls=800, seconds=3.0, many=20_000, storms=5, minute=10.0)
SHORT = Scale(rounds=3, calls=300, seconds=1.0, many=2_000, storms=2, minute=2.0)
