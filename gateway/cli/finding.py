"""Finding: what `portico doctor` has to say of one thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    verdict: str
    """`ok`, `note` or `wrong`."""
    detail: str
    remedy: str = ""
