"""Trial: an action tried with test data, and what is shown of its answer (seed 003, H-8)."""

from dataclasses import dataclass
from datetime import datetime

from facade.errors.fault import Fault
from facade.model.names import ActionName


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """What is tried: an action, and what it is given."""

    name: ActionName
    connection: str = ""
    """connections/{connection}; empty: the version as it was published."""
    subject: str = ""
    """The id of one of its end users."""
    arguments: str = "{}"
    """A JSON object; its strings may hold slots `{{ input.id }}`."""
    values: str = "{}"
    """What the slots stand for this time, a JSON object: `{"input": {"id": 7}}`."""
    use_last: bool = False
    """Whether what is not given is as it was the last time."""
    leave_empty: bool = False
    """Whether slots that nobody fills are empty: no field must be given."""
    learn: bool = False
    """Whether a schema is learnt of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A value that somebody must give before the action can be tried."""

    name: str
    """The slot's: `input.id`."""
    arguments: tuple[str, ...]
    """The arguments in which it stands."""
    type: str = ""
    """Of JSON, where one argument is nothing but it; empty: not known."""
    description: str = ""
    last: str = ""
    """JSON: what was given the last time; empty: nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of an answer; an answer's nodes stand in the order of the text."""

    path: str
    """JMESPath from the root: `data.items[0].id`; what a mapping begins with. Root: `@`."""
    name: str
    """The key or the position; empty: the root."""
    depth: int
    type: str
    """Of JSON."""
    text: str = ""
    """The value as JSON, cut after 200 characters; of objects and arrays empty."""
    size: int = 0
    """Members of objects and arrays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderLine:
    """One field of the answer; repeats stand on lines of their own."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a trial came to: what to ask for, or what the backend answered."""

    prompts: tuple[Prompt, ...] = ()
    """Not empty: nothing was sent, these are to be given."""
    time: datetime
    """When the request began."""
    seconds: float = 0.0
    method: str = ""
    uri: str = ""
    """Secrets blanked."""
    status: int = 0
    """0: nothing was answered."""
    headers: tuple[HeaderLine, ...] = ()
    nodes: tuple[Node, ...] = ()
    """Empty where the answer has no body that is JSON, as that of HEAD."""
    cut: bool = False
    """Whether there are more nodes than are shown."""
    text: str = ""
    """Of a body that is no JSON, or where it is cut: its beginning."""
    size: int = 0
    """Bytes of the body."""
    content_type: str = ""
    fault: Fault | None = None
    warnings: tuple[str, ...] = ()
    """What the document does not say of the answer."""
    learnt: str = ""
    """JSON Schema 2020-12 of the body, as text."""
    arguments: str = ""
    """As they were sent, filled."""
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTrial:
    """What somebody tried an action with the last time; credentials are never among it."""

    arguments: str = ""
    """A JSON object; empty: never tried."""
    values: str = ""
    time: datetime | None = None
    prompts: tuple[Prompt, ...] = ()
    """What is asked for before it can be tried."""
