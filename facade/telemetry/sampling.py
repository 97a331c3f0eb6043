"""Sampling: which traces are exported, as OTEL_TRACES_SAMPLER says."""

import logging
import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from facade.telemetry.context import SAMPLED

LOGGER = logging.getLogger(__name__)

SAMPLER = "OTEL_TRACES_SAMPLER"
ARGUMENT = "OTEL_TRACES_SAMPLER_ARG"
DEFAULT = "parentbased_always_on"

Root: TypeAlias = Callable[[str], bool]
"""Decides of a trace by its id."""

Sampler: TypeAlias = Callable[[int | None, str], bool]
"""Decides of a trace by the caller's flags, None where the trace begins here, and by its id."""


def always_on(_: str) -> bool:
    """Every trace."""
    return True


def always_off(_: str) -> bool:
    """No trace."""
    return False


def by_ratio(bound: int, trace_id: str) -> bool:
    """Those whose last eight bytes are below a bound, so that all who go by a ratio agree."""
    return int(trace_id[16:], 16) < bound


def alone(root: Root, _: int | None, trace_id: str) -> bool:
    """Decides whatever the caller has decided."""
    return root(trace_id)


def parent_based(root: Root, flags: int | None, trace_id: str) -> bool:
    """Does as the caller has decided, and decides where nobody has."""
    return root(trace_id) if flags is None else bool(flags & SAMPLED)


def sampler_from(environ: Mapping[str, str]) -> Sampler:
    """The sampler that the environment asks for; what it cannot be told is told once and ignored.

    OpenTelemetry specification, SDK environment variables: an unknown value counts as none.
    """
    name = environ.get(SAMPLER, "").strip().lower() or DEFAULT
    if name not in _SAMPLERS:
        LOGGER.warning("%s: `%s` is none of %s", SAMPLER, name[:63], ", ".join(_SAMPLERS))
        name = DEFAULT
    kind, choose = _SAMPLERS[name]
    return partial(kind, choose(environ.get(ARGUMENT, "").strip()))


def _ratio(text: str) -> Root:
    """Reads a ratio from 0 to 1; 1 where there is none."""
    try:
        ratio = float(text or "1")
    except ValueError:
        ratio = math.nan
    if not 0.0 <= ratio <= 1.0:
        LOGGER.warning("%s: `%s` is no ratio from 0 to 1", ARGUMENT, text[:63])
        ratio = 1.0
    return partial(by_ratio, round(ratio * 2**64))


_SAMPLERS: Mapping[str, tuple[Callable[[Root, int | None, str], bool], Callable[[str], Root]]] = (
    MappingProxyType(
        {
            "always_on": (alone, lambda _: always_on),
            "always_off": (alone, lambda _: always_off),
            "traceidratio": (alone, _ratio),
            "parentbased_always_on": (parent_based, lambda _: always_on),
            "parentbased_always_off": (parent_based, lambda _: always_off),
            "parentbased_traceidratio": (parent_based, _ratio),
        }
    )
)
"""Whom each of them asks, and what decides of a trace that begins here."""
