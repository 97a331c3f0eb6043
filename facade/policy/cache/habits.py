"""Habits: what the cache learns of each action: how it is asked, and what its answers are worth."""

from typing import TypeAlias

import msgspec

from facade.caching.key import telling_fields, told
from facade.caching.request import Request, request_of
from facade.model.action import Action
from facade.model.call import Caller, Headers, Plan
from facade.policy.cache.naming import Names, Naming
from facade.recent import Living, Recent

BARREN = 32
"""Answers of an action in a row that nobody else may have, after which none is waited for."""

KINDS = 4_000
"""Kinds of requests that are kept, about 2 KB each, so as not to read and name them anew."""


class Habit:
    """What is known of one action."""

    __slots__ = ("_barren", "is_barren", "telling", "until")

    def __init__(self, action: Action) -> None:
        """Knows nothing yet but how the action is asked."""
        self.telling = telling_fields(action)
        """The header fields that tell its answers apart."""
        self.is_barren = False
        """Whether the answers are, as it seems, such as nobody else may have."""
        self.until = 0.0
        """When the last of what was kept is of no more use."""
        self._barren = 0
        """How many answers in a row nobody else may have."""

    def bears(self, until: float) -> None:
        """Learns of an answer that is kept, of use until then."""
        self._barren = 0
        self.is_barren = False
        self.until = max(self.until, until)

    def bears_nothing(self) -> None:
        """Learns of one that nobody else may have."""
        self._barren += 1
        self.is_barren = self._barren >= BARREN


class Kind(msgspec.Struct, frozen=True):
    """Requests of an action that differ in target and body alone."""

    habit: Habit
    request: Request
    names: Names
    """Of their keys."""


Traits: TypeAlias = tuple[
    Habit, str, Headers, str, Caller, str, tuple[str, str, bool, tuple[str, ...]]
]
"""All that makes a kind, as it stands."""


class Habits:
    """Those of all actions, for each tenant its own, for as long as the action lives.

    Tenants share what is compiled of a document that is the same; what the answers to one are
    worth tells nothing of those to another.
    """

    def __init__(self, naming: Naming) -> None:
        """Takes what names keys."""
        self._naming = naming
        self._habits: Living[dict[str, Habit]] = Living()
        """By tenant."""
        self._kinds: Recent[Traits, Kind] = Recent(KINDS)

    def kind(self, plan: Plan, who: str) -> Kind:
        """The kind of a request that somebody signs, or nobody."""
        action, name, caching = plan.action, plan.version.name, plan.policy.cache
        habits = self._habits.find(id(action)) or self._habits.put(action, {})
        habit = habits.get(plan.caller.tenant) or habits.setdefault(
            plan.caller.tenant, Habit(action)
        )
        kept = name.connector, name.version, caching.shared, caching.key_without
        asked = habit, plan.method, plan.headers, plan.origin, plan.caller, who, kept
        kind = self._kinds.get(asked)
        if kind is None:
            request = request_of(plan)
            names = self._naming.of(plan, who, told(habit.telling, request.fields))
            kind = Kind(habit, request, names)
            self._kinds.put(asked, kind)
        return kind
