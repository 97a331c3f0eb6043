"""Definition: what one version of a flow says: its trigger, its steps, its bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a definition; line and column count characters from 1."""

    line: int = 0
    """0: the definition has no text."""
    column: int = 0


@dataclass(frozen=True, slots=True)
class Expression:
    """A text that is evaluated when the flow runs, and where it begins."""

    text: str
    place: Place = Place()


class CatchUp(StrEnum):
    """What is done about ticks that were missed while nothing ran (fault O08)."""

    SKIP = "skip"
    LAST = "last"
    """One run, for the last of them."""
    ALL = "all"
    """One run for each, the oldest first; 100 at most."""


class OnFailure(StrEnum):
    """What a step that fails does to its run (H-7)."""

    ABORT = "abort"
    """Later steps are not started; the run has failed."""
    CONTINUE = "continue"
    """Later steps run; what needs its value is skipped, and told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """One call of an action, with arguments that are filled when it is made."""

    action: str
    """connectors/{connector}/versions/{version}/actions/{action}."""
    connection: str = ""
    """connections/{connection}; empty: the version's own configuration."""
    subject: str = ""
    """Of that connection; a slot."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """JSON whose strings may hold slots `{{ … }}`: one that is a slot alone keeps its type."""
    place: Place = Place()
    places: Mapping[str, Place] = field(default_factory=dict)
    """Of the values below `arguments`, by JSON pointer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """Runs when somebody says so: RunFlow, `portico flow run`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Runs by the clock."""

    cron: str
    """Five fields, or six with seconds first."""
    time_zone: str = "UTC"
    """Of the IANA database."""
    catch_up: CatchUp = CatchUp.LAST
    place: Place = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Runs for each signed message to an address of its own (Standard Webhooks)."""

    filter: Expression | None = None
    """CEL over `body` and `headers`; false: the message is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendWebhook:
    """Has a backend send to the flow's address: registered at publish, removed after (P-4)."""

    register: ActionCall
    """Slots have `callback.url` and `callback.secret`; 201 with Location is expected."""
    unregister: ActionCall | None = None
    """Slots have `registration.location`; None: DELETE of that location."""
    filter: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """Asks a backend again and again, and runs for what is new (P-5)."""

    call: ActionCall
    """Slots have `state`, what `state` below gave the last time."""
    every: float
    """Seconds; a 202 with Retry-After may make it longer."""
    items: Expression
    """JMESPath over `{status, headers, body}`: the list of what was found."""
    key: Expression | None = None
    """JMESPath over an item: what makes it the same; None: the whole of it."""
    state: Expression | None = None
    """JMESPath over `{status, headers, body}`: what the next poll begins with."""
    each: bool = True
    """A run for each new item; else one for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEvent:
    """Runs for events of this gateway."""

    types: tuple[str, ...]
    """`connection.state_changed`, `run.failed`, one's own; `run.*` fits all that begin so."""
    filter: Expression | None = None
    """CEL over `event`."""


Trigger: TypeAlias = Manual | Schedule | Webhook | BackendWebhook | Poll | OnEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a step is tried, and how long it waits between (I-6, X-7)."""

    attempts: int = 1
    """At most, the first one counted; 1 to 10."""
    base: float = 1.0
    """Seconds before the second try at most (full jitter); doubled each time …"""
    cap: float = 30.0
    """… and never longer. A backend's Retry-After wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses:
    """Which statuses are success, and what is said of the others (H-5)."""

    success: tuple[int, ...] | None = None
    """None: as the engine judges, 2xx; (): every one."""
    messages: Mapping[int, str] = field(default_factory=dict)
    default: str = ""
    """Empty: the reason phrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAction:
    """Calls an action. Output: the body; with `status` and `headers` beside."""

    call: ActionCall
    statuses: Statuses = Statuses()
    ignore_empty: bool = False
    """Whether arguments and members that are null or an empty text stay away (H-3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """Makes a value of others by JMESPath. Output: the value."""

    source: Expression | None = None
    """What the expressions begin at; None: all that there is."""
    expression: Expression | None = None
    fields: Mapping[str, Expression] = field(default_factory=dict)
    """In place of `expression`: an object, field by field; one that lacks its value is skipped."""


class RuleKind(StrEnum):
    """What a rule of a validation asks (I-4)."""

    STATUS = "status"
    REQUIRED = "required"
    TYPE = "type"
    RANGE = "range"
    THAT = "that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that must hold."""

    kind: RuleKind
    name: str
    """In messages; made of the rule where it has none."""
    value: Expression | None = None
    """JMESPath from the validation's source; None for STATUS and THAT."""
    statuses: tuple[int, ...] = ()
    of: str = ""
    """Of STATUS: the id of the step whose status it is; empty: the last that called an action."""
    type: str = ""
    """JSON's: string, integer, number, boolean, array, object, null."""
    least: float | None = None
    most: float | None = None
    condition: Expression | None = None
    """CEL, of THAT."""
    message: str = ""
    place: Place = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validate:
    """Refuses to go on where a rule does not hold: the first that fails is named."""

    rules: tuple[Rule, ...]
    source: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Goes on with the first branch whose condition is true. Output: that branch's last output."""

    branches: tuple["Branch", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Steps under a condition."""

    when: Expression | None
    """CEL; None, in the last branch alone: always."""
    steps: tuple["Step", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach:
    """Does one thing for each item of a list. Output: the outputs, in the order of the items."""

    items: Expression
    """JMESPath; in the work, `item` and `index` stand beside the rest."""
    work: "CallAction | Map | RunFlow | Notify"
    concurrency: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Waits, without a process that must live for it."""

    seconds: float = 0.0
    until: Expression | None = None
    """JMESPath: a time of RFC 3339; in place of `seconds`."""


class Channel(StrEnum):
    """By what a notification goes out."""

    WEBHOOK = "webhook"
    MAIL = "mail"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tells somebody. Output: the delivery's or event's id."""

    channel: Channel
    to: str = ""
    """The URL, or addresses with commas between; of EVENT the type."""
    secret: str = ""
    """Reference of the secret that signs a webhook: `secret:NAME`."""
    subject: str = ""
    """Of a mail; slots."""
    subject_place: Place = Place()
    content: Any = None
    """JSON with slots; of a mail a text."""
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """Keeps a value as a record of the flow: a later one with its key takes its place."""

    key: str
    """A slot."""
    value: Expression
    """JMESPath."""
    place: Place = Place()
    """Of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFlow:
    """Runs another flow and waits for it. Output: its output."""

    flow: str
    """flows/{flow}, or flows/{flow}/versions/{version}."""
    input: Any = None
    """JSON with slots."""
    places: Mapping[str, Place] = field(default_factory=dict)
    place: Place = Place()


Work: TypeAlias = CallAction | Map | Validate | Choose | ForEach | Wait | Notify | Save | RunFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a flow."""

    id: str
    """`[a-z][a-z0-9_]{0,62}`; of all steps, also those in branches, no other has it."""
    title: str = ""
    work: Work
    when: Expression | None = None
    """CEL; false: the step is skipped."""
    retry: Retry | None = None
    """None: it is tried once, and its call as often as the version's policy says."""
    timeout: float = 10.0
    """Seconds of one try; 0.1 to 3600."""
    on_failure: OnFailure = OnFailure.ABORT
    place: Place = Place()

    @property
    def tries(self) -> Retry:
        """How often it is tried, whether or not it says so itself."""
        return self.retry or Retry()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What no run may exceed."""

    seconds: float = 3600.0
    """Of a run without its waits."""
    steps: int = 1000
    """Works done: each item of a fan-out counts."""
    bytes: int = 16 * 2**20
    """Of all outputs that are kept, as JSON."""
    concurrency: int = 10
    """Runs of the flow at a time, in all processes; more wait in line."""
    rate: int = 0
    """Runs begun a minute at most; 0: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What one version of a flow says: read from its text, or from a message."""

    title: str = ""
    description: str = ""
    trigger: Trigger = Manual()
    input: Mapping[str, Any] | None = None
    """JSON Schema (2020-12) of what a run begins with; None: anything."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Values that are written once: `env.region`. No secrets: those are references elsewhere."""
    env_places: Mapping[str, Place] = field(default_factory=dict)
    """Of its values, by name."""
    steps: tuple[Step, ...] = ()
    output: tuple[Step, ...] = ()
    """Save, CallAction, Notify: done after the steps, in order, one's failure not another's."""
    result: Expression | None = None
    """JMESPath: what the run answers; None: the last step's output."""
    bounds: Bounds = Bounds()
    allow_literals: tuple[str, ...] = ()
    """Fields that may hold what looks like a credential (I-2): `env.NAME`, `STEP.arguments.KEY`."""
