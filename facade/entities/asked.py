"""What callers ask of entities, and what they are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from facade.model.access import ANYONE, Identity
from facade.model.call import NOBODY, Arguments, Call, Caller
from facade.model.names import ActionName


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and all that goes with each call that it takes."""

    identity: Identity = ANYONE
    caller: Caller = NOBODY
    deadline: float | None = None
    """Seconds."""
    trace_id: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    arguments: Arguments = field(default_factory=dict, repr=False)
    """Others that the action takes: those that are neither keys nor fields."""

    def call(self, name: ActionName, arguments: Arguments) -> Call:
        """A call with those arguments too."""
        return Call(
            name=name,
            arguments={**self.arguments, **arguments},
            deadline=self.deadline,
            trace_id=self.trace_id,
            caller=self.caller,
            caller_name=self.identity.known_name,
            metadata=self.metadata,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which entities of a type, in which order."""

    within: str = ""
    """The keys of the parents, as in the id of an entity: `acme~7`."""
    filter: str = ""
    order_by: str = ""
    size: int = 0
    token: str = ""
    bound: bytes = b""
    """The request without what may differ from page to page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One entity, as the backend has it."""

    name: str
    """Empty where nothing in it tells its key."""
    json: bytes | None
    """None where the backend answered nothing."""
    rewritten: bool = False
    """Of an update: all of it was read, changed and put back, as there is no PATCH."""
    guarded: bool = False
    """Of such a one: the backend was asked to refuse it, had others changed it meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Some entities of a list."""

    entities: tuple[Entity, ...]
    token: str
    """Of the next page; empty on the last one."""
    partial_pushdown: bool
    """Whether some of the conditions were seen to here, on entities that the backend gave."""
