"""The same decision in Lua: by the store's clock, for all limits of a call in one command."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facade.policy.limits.gcra import Rate, Step
from facade.stores.shared import Script

SOURCE = Path(__file__).with_name("take.lua")


def take_script() -> Script:
    """The script, as it stands in its file."""
    return Script("take", SOURCE.read_text(encoding="utf-8"))


def arguments(rates: Sequence[Rate], cost: int) -> tuple[str, ...]:
    """What the script takes behind the nonce, for a call of that cost."""
    return tuple(
        str(figure)
        for rate in rates
        for figure in (
            rate.calls,
            *divmod(cost * rate.period, rate.calls),
            *divmod(rate.room(cost), rate.calls),
        )
    )


def answer(reply: Any, nonce: bytes, steps: Sequence[Step]) -> tuple[bool, list[int]] | None:
    """Whether the script admitted a call, and the leads.

    None where that is not what was said, but another call's answer or one that cannot be.
    """
    if type(reply) is not list or len(reply) != 2 + 2 * len(steps) or reply[0] != nonce:
        return None
    admitted, leads, at = reply[1], list[int](), 2
    if type(admitted) is not int:
        return None
    for _, calls, _, _, room in steps:
        whole, part = reply[at], reply[at + 1]
        if type(whole) is not int or type(part) is not int:
            return None
        lead = whole * calls + part
        if not 0 <= lead <= room:
            return None
        leads.append(lead)
        at += 2
    return admitted == 1, leads
