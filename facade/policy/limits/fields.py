"""The header fields that tell a caller of its limits (draft-ietf-httpapi-ratelimit-headers)."""

from collections.abc import Mapping, Sequence

from facade.policy.limits.gcra import SECOND, Rate, Verdict


class Told:
    """Both fields of the calls of one charge: they are written anew where anything has changed."""

    __slots__ = ("_fields", "_figures", "_leads", "_names", "_policy", "_rates", "_units")

    def __init__(self, names: Sequence[str], rates: Sequence[Rate]) -> None:
        """Takes the limits, and what they are called."""
        self._names = names
        self._rates = rates
        self._policy = policy_field(names, rates)
        self._units = [(rate.period, rate.calls * SECOND) for rate in rates]
        self._figures: list[int] = []
        self._leads: Sequence[int] = ()
        self._fields: Mapping[str, str] = {}

    def admitted(self, leads: Sequence[int]) -> Mapping[str, str]:
        """The fields of a call that was admitted: the same mapping where they say the same."""
        if leads == self._leads:
            return self._fields
        self._leads = leads
        figures: list[int] = []
        for (period, second), lead in zip(self._units, leads, strict=True):
            figures += -(-lead // period), -(-lead // second)
        if figures != self._figures:
            verdict = Verdict(waits=(0,) * len(leads), leads=leads)
            self._fields, self._figures = self.of(verdict), figures
        return self._fields

    def of(self, verdict: Verdict) -> Mapping[str, str]:
        """The fields of any call.

        `ratelimit` says what is left, and in how many seconds the whole burst is there again; where
        the call was refused, in how many it is due, which is what Retry-After says then.
        """
        told = []
        for name, rate, lead, wait in zip(
            self._names, self._rates, verdict.leads, verdict.waits, strict=True
        ):
            left = 0 if wait else rate.remaining(lead)
            seconds = -(-(wait or rate.rest(lead)) // SECOND)
            told.append(f'"{name}";r={left};t={seconds}')
        return {"ratelimit-policy": self._policy, "ratelimit": ", ".join(told)}


def policy_field(names: Sequence[str], rates: Sequence[Rate]) -> str:
    """The field `ratelimit-policy`: `"connector";q=100;w=1`, in whole seconds."""
    return ", ".join(_policy(name, rate) for name, rate in zip(names, rates, strict=True))


def _policy(name: str, rate: Rate) -> str:
    window = -(-rate.period // SECOND)
    quota = rate.calls * window * SECOND // rate.period
    return f'"{name}";q={quota};w={window}'
