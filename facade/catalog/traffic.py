"""Shares of `live` calls: integers that come to 100, whatever is added or taken away; pure."""

from collections.abc import Mapping
from dataclasses import replace

from facade.model.version import State, Version

WHOLE = 100

MAX_STEPS = 40
"""Promotions after which `steps_to` tries another order, or gives up."""


def scale(shares: Mapping[str, int], total: int) -> dict[str, int]:
    """Shares in the same proportions that sum to `total` (largest remainder)."""
    whole = sum(shares.values())
    if not whole:
        return {}
    scaled = {key: share * total // whole for key, share in shares.items()}
    left = total - sum(scaled.values())
    by_remainder = sorted(shares, key=lambda key: (-(shares[key] * total % whole), key))
    for key in by_remainder[:left]:
        scaled[key] += 1
    return scaled


def promoted(shares: Mapping[str, int], key: str, percent: int) -> dict[str, int]:
    """Gives one its share, and the others what is left, as they shared it before.

    One alone gets everything; whoever's share comes to nothing is out.
    """
    others = {each: share for each, share in shares.items() if each != key}
    percent = percent if others else WHOLE
    scaled = {**scale(others, WHOLE - percent), key: percent}
    return {each: share for each, share in scaled.items() if share}


def steps_to(target: Mapping[str, int]) -> list[tuple[str, int]]:
    """Promotions, as (version, percent), that lead from any shares to these.

    Exact for up to three versions; empty where rounding keeps it from the
    target, which a rare one of more versions meets.
    """
    for sign in (1, -1):
        shares: dict[str, int] = {}
        steps: list[tuple[str, int]] = []
        done = 0
        for key in sorted(target, key=lambda each: sign * target[each]):
            done += target[key]
            steps.append((key, max(1, round(target[key] * WHOLE / done))))
            shares = promoted(shares, *steps[-1])
        while shares != target and len(steps) < MAX_STEPS:
            worst = max(target, key=lambda each: abs(shares.get(each, 0) - target[each]))
            steps.append((worst, target[worst]))
            shares = promoted(shares, *steps[-1])
        if shares == target:
            return steps
    return []


def promote(versions: Mapping[str, Version], key: str, percent: int) -> dict[str, Version]:
    """The versions after one of them was promoted; those that fall out are READY again."""
    return settle(versions, promoted(shares_of(versions), key, percent))


def shares_of(versions: Mapping[str, Version]) -> dict[str, int]:
    """The shares of the versions that serve `live` calls."""
    return {
        key: version.traffic_percent
        for key, version in versions.items()
        if version.state is State.ACTIVE
    }


def settle(versions: Mapping[str, Version], shares: Mapping[str, int]) -> dict[str, Version]:
    """The versions with these shares, and no others."""
    return {key: _settled(version, shares.get(key, 0)) for key, version in versions.items()}


def _settled(version: Version, share: int) -> Version:
    if version.traffic_percent == share:
        return version
    if not share:
        return replace(version, traffic_percent=0, state=State.READY, served=True)
    return replace(
        version, traffic_percent=share, state=State.ACTIVE, served=True, deprecation=None
    )
