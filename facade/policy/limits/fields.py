"""The header fields that tell a caller of its limits (draft-ietf-httpapi-ratelimit-headers)."""

from collections.abc import Mapping, Sequence

from facade.policy.limits.gcra import SECOND, Rate, Verdict


def policy_field(names: Sequence[str], rates: Sequence[Rate]) -> str:
    """The field `ratelimit-policy`: `"connector";q=100;w=1`, in whole seconds."""
    return ", ".join(_policy(name, rate) for name, rate in zip(names, rates, strict=True))


def _policy(name: str, rate: Rate) -> str:
    window = -(-rate.period // SECOND)
    quota = rate.calls * window * SECOND // rate.period
    return f'"{name}";q={quota};w={window}'


def limit_fields(
    policy: str, names: Sequence[str], rates: Sequence[Rate], verdict: Verdict
) -> Mapping[str, str]:
    """Both fields: `ratelimit` says what is left, and in how many seconds.

    These are those until the whole burst is there again; where the call was refused, until it is
    due, which is what Retry-After says then.
    """
    told = [
        f'"{name}";r={0 if wait else rate.remaining(lead)};t={_seconds(wait or rate.rest(lead))}'
        for name, rate, lead, wait in zip(names, rates, verdict.leads, verdict.waits, strict=True)
    ]
    return {"ratelimit-policy": policy, "ratelimit": ", ".join(told)}


def _seconds(microseconds: int) -> int:
    return -(-microseconds // SECOND)
