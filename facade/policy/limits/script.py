"""The same decision in Lua: by the store's clock, for all limits of a call in one command."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facade.policy.limits.gcra import Rate
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


def answer(
    reply: Any, nonce: str, rates: Sequence[Rate], cost: int
) -> tuple[bool, list[int]] | None:
    """Whether the script admitted a call of that cost, and the leads.

    None where that is not what was said, but another call's answer or one that cannot be.
    """
    if not isinstance(reply, list) or len(reply) != 2 + 2 * len(rates):
        return None
    echo, admitted, *figures = reply
    if echo != nonce.encode() or not all(type(each) is int for each in (admitted, *figures)):
        return None
    pairs = zip(rates, figures[::2], figures[1::2], strict=True)
    leads = [whole * rate.calls + part for rate, whole, part in pairs]
    if not all(0 <= lead <= rate.room(cost) for lead, rate in zip(leads, rates, strict=True)):
        return None
    return admitted == 1, leads
