"""When a delivery that has failed is tried again; pure."""

from typing import Final

PAUSES: Final = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Seconds after each try that has failed: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
JITTER: Final = 0.2
"""Share of a pause that chance adds at most: what failed together does not come together."""
LONGEST: Final = 86400.0
"""Seconds that a target may ask to be left alone."""


def pause_after(attempts: int, retry_after: float | None, chance: float) -> float | None:
    """Seconds until the next try after so many have failed; None: there is none.

    `retry_after`: what the target has asked for, where it is longer. `chance`: 0 to 1.
    """
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1] * (1 + JITTER * chance)
    return max(pause, retry_after or 0.0)
