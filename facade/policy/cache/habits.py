"""Habits: what the cache learns of each action: how it is asked, and what its answers are worth."""

from collections.abc import Callable

from facade.caching.key import telling_fields, told
from facade.caching.request import Request, request_of
from facade.model.action import Action
from facade.model.call import Headers, Plan
from facade.recent import Living, Recent

BARREN = 32
"""Answers of an action in a row that nobody else may have, after which none is waited for."""

KINDS = 16
"""Kinds of requests of an action, by what their fields say, that are not read again each time."""


class Habit:
    """What is known of one action."""

    __slots__ = ("_barren", "_clock", "_requests", "_telling", "_until")

    def __init__(self, action: Action, clock: Callable[[], float]) -> None:
        """Knows nothing yet but how the action is asked."""
        self._telling = telling_fields(action)
        self._requests: Recent[tuple[str, Headers], tuple[Request, str]] = Recent(KINDS)
        self._clock = clock
        self._barren = 0
        """How many answers in a row nobody else may have."""
        self._until = 0.0
        """When the last of what was kept is of no more use."""

    def read(self, plan: Plan) -> tuple[Request, str]:
        """A plan as a request, and what its telling fields say."""
        kind = plan.method, plan.headers
        found = self._requests.get(kind)
        if found is None:
            request = request_of(plan)
            found = request, told(self._telling, request.fields)
            self._requests.put(kind, found)
        return found

    @property
    def is_barren(self) -> bool:
        """Whether the answers are, as it seems, such as nobody else may have."""
        return self._barren >= BARREN

    @property
    def has_nothing(self) -> bool:
        """Whether that is so, and nothing of what was kept before is of use any more."""
        return self._barren >= BARREN and self._until <= self._clock()

    def bears(self, until: float) -> None:
        """Learns of an answer that is kept, of use until then."""
        self._barren = 0
        self._until = max(self._until, until)

    def bears_nothing(self) -> None:
        """Learns of one that nobody else may have."""
        self._barren += 1


class Habits:
    """Those of all actions, each for as long as the action lives."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Takes a clock in seconds since the epoch."""
        self._clock = clock
        self._habits: Living[Habit] = Living()

    def of(self, action: Action) -> Habit:
        """What is known of an action."""
        found = self._habits.find(id(action))
        return self._habits.put(action, Habit(action, self._clock)) if found is None else found
