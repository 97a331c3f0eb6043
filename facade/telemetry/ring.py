"""Ring: the last traces of this process, for a look without a collector."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from facade.telemetry import names
from facade.telemetry.spans import Kind, Recorded

MAX_SPANS = 256
"""Of one trace; the calls that came in are kept beyond it."""
MOST_SPANS = 20_000
"""Of all traces together: beyond it the oldest are forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One span, as it is told."""

    span_id: str
    parent_id: str = ""
    """Empty where nothing is known of whose part it is."""
    name: str
    kind: Kind
    service: str
    start: int
    """Nanoseconds since 1970."""
    duration: int
    """Nanoseconds."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """By the names of OpenTelemetry; what happened within it as `event.{number}.{name}`."""
    error_reason: str = ""

    @property
    def action(self) -> str:
        """The full name of the action that it calls; empty where it says none."""
        said = self.attributes
        if names.ACTION not in said:
            return ""
        version = f"connectors/{said[names.CONNECTOR]}/versions/{said[names.VERSION]}"
        return f"{version}/actions/{said[names.ACTION]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One trace, as it is told."""

    trace_id: str
    steps: tuple[Step, ...]
    """By their beginning; there is one at least."""
    missing: tuple[str, ...] = ()
    """Facades whose steps are not among them, with the reason."""

    @property
    def start(self) -> int:
        """When the first step began: nanoseconds since 1970."""
        return self.steps[0].start

    @property
    def name(self) -> str:
        """`traces/{trace}`."""
        return f"traces/{self.trace_id}"

    @property
    def duration(self) -> int:
        """Nanoseconds from there to the end of the last step."""
        return max(each.start + each.duration for each in self.steps) - self.start

    @property
    def title(self) -> str:
        """The name of the first step."""
        return self.steps[0].name

    @property
    def error_reason(self) -> str:
        """Why the first step failed; empty where it did not."""
        return self.steps[0].error_reason

    @property
    def action(self) -> str:
        """The full name of the action that was called; empty where none was."""
        return next((each.action for each in self.steps if each.action), "")


class Ring:
    """Keeps the last traces; what it takes in all is bounded, whatever the calls are."""

    def __init__(self, size: int) -> None:
        """Takes how many traces are kept."""
        self._size = size
        self._kept: OrderedDict[tuple[str, str], list[Recorded]] = OrderedDict()
        """By tenant and id: callers choose ids."""
        self._spans = 0

    @property
    def count(self) -> int:
        """How many traces are kept."""
        return len(self._kept)

    def add(self, span: Recorded) -> None:
        """Keeps a span that has ended, and forgets the oldest trace where there is no room."""
        key = span.trace.tenant, span.trace.id
        kept = self._kept.get(key)
        if kept is None:
            if not self._size:
                return
            if len(self._kept) >= self._size:
                self._forget()
            kept = self._kept[key] = []
        elif len(kept) >= MAX_SPANS and span.kind is not Kind.SERVER:
            return
        kept.append(span)
        self._spans += 1
        while self._spans > MOST_SPANS and len(self._kept) > 1:
            self._forget()

    def get(self, trace_id: str, tenant: str = "") -> Told | None:
        """What a tenant has of a trace; None where it is not, or no longer, kept."""
        kept = self._kept.get((tenant, trace_id))
        return None if kept is None else _told(trace_id, kept)

    def whole(self, trace_id: str) -> Told | None:
        """The same of every tenant: for a gateway that knows whose it is."""
        spans = [each for key, kept in self._kept.items() if key[1] == trace_id for each in kept]
        return _told(trace_id, spans) if spans else None

    def latest(self, tenant: str = "") -> Iterator[Told]:
        """A tenant's traces of now, the one that began last first, each told when it is taken."""
        begun = [
            (-min(each.start for each in kept), name)
            for (whose, name), kept in self._kept.items()
            if whose == tenant
        ]
        told = (self.get(name, tenant) for _, name in sorted(begun))
        return (each for each in told if each is not None)

    def _forget(self) -> None:
        _, oldest = self._kept.popitem(last=False)
        self._spans -= len(oldest)


def _told(trace_id: str, kept: list[Recorded]) -> Told:
    spans = sorted(kept, key=lambda each: each.start)
    return Told(trace_id=trace_id, steps=tuple(map(_step, spans)))


def _step(span: Recorded) -> Step:
    said = {name: _text(value) for name, value in span.attributes.items()}
    for number, event in enumerate(span.events, 1):
        offset = (event.time - span.start) / 1e6
        facts = " ".join(_fact(name, value) for name, value in event.attributes.items())
        said[f"event.{number}.{event.name}"] = f"+{offset:.1f} ms {facts}".rstrip()
    return Step(
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=span.name,
        kind=span.kind,
        service=span.service,
        start=span.start,
        duration=span.end - span.start,
        attributes=said,
        error_reason=span.error_type,
    )


def _fact(name: str, value: object) -> str:
    """A fact of an event, times in milliseconds as those of the steps are."""
    if name == names.SECONDS and isinstance(value, float):
        return f"{value * 1000:.1f} ms"
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
