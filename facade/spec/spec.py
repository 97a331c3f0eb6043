"""Spec: the actions of a document, each compiled when it is first asked for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from facade.model.action import Action, Problem, SecurityScheme
from facade.spec.compile import Compiler
from facade.spec.document import Document
from facade.spec.naming import MAX_ID, Address, assign_aliases, assign_ids
from facade.spec.path import Operation, operations
from facade.spec.problems import problem

MAX_SUGGESTIONS = 3


class Spec:
    """The actions of a document, by their names.

    Making one reads where the operations stand and no more. Ids, aliases and
    actions are the same for the same document, whatever is asked for first.
    """

    def __init__(self, document: Document) -> None:
        found, self._hidden = operations(document)
        addresses = [Address(each.method, each.path, each.operation_id) for each in found]
        ids = assign_ids(addresses)
        aliases = assign_aliases((each.path for each in found), ids)
        self._operations = dict(zip(ids, found, strict=True))
        self._aliases = dict(zip(ids, aliases, strict=True))
        self._names = _names(self._operations, self._aliases)
        self._info = _mapping(document.tree.get("info"))
        self._compiler = Compiler(document, found)
        self._actions: dict[str, Action] = {}
        self.ids: tuple[str, ...] = tuple(sorted(ids))
        """The ids of all actions, sorted."""

    def __len__(self) -> int:
        return len(self.ids)

    def action(self, name: str) -> Action:
        """The action by its id, its alias, or an operationId that is no other's.

        Raises KeyError for an unknown name.
        """
        action_id = self._names[name]
        if action_id not in self._actions:
            operation = self._operations[action_id]
            alias = self._aliases[action_id]
            self._actions[action_id] = self._compiler.compile(operation, action_id, alias)
        return self._actions[action_id]

    def suggest(self, name: str) -> tuple[str, ...]:
        """Up to three ids that may be meant by a name, the closest first."""
        known = {each.lower(): action_id for each, action_id in self._names.items()}
        close = get_close_matches(name[:MAX_ID].lower(), known, 2 * MAX_SUGGESTIONS)
        return tuple(dict.fromkeys(known[each] for each in close))[:MAX_SUGGESTIONS]

    def problems(self) -> tuple[Problem, ...]:
        """All that sets actions aside, or keeps names and paths from being unique.

        Compiles every action.
        """
        found = [*self._hidden, *self._duplicates()]
        for name in self._operations:
            found.extend(self.action(name).problems)
        return tuple(dict.fromkeys(found))

    @property
    def title(self) -> str:
        """What the document calls the API."""
        return _text(self._info.get("title"))

    @property
    def description(self) -> str:
        """What the document says of the API."""
        return _text(self._info.get("description"))

    @property
    def version(self) -> str:
        """The API's own version, as the document writes it."""
        return _text(self._info.get("version"))

    @property
    def security_schemes(self) -> Mapping[str, SecurityScheme]:
        """The security schemes that the document declares, by name."""
        return self._compiler.schemes

    def _duplicates(self) -> Iterator[Problem]:
        counts = Counter(each.operation_id for each in self._operations.values())
        for name, each in self._operations.items():
            if each.operation_id and counts[each.operation_id] > 1:
                message = f"The operationId is not unique; the action is called `{name}`."
                yield problem("duplicate-operation-id", message, f"{each.pointer}/operationId")


def _names(operations: Mapping[str, Operation], aliases: Mapping[str, str]) -> dict[str, str]:
    """Every name that an action answers to, with its id: ids go before all others."""
    counts = Counter(each.operation_id for each in operations.values())
    names = {
        each.operation_id: action_id
        for action_id, each in operations.items()
        if each.operation_id and counts[each.operation_id] == 1
    }
    names.update({alias: action_id for action_id, alias in aliases.items() if alias})
    names.update({action_id: action_id for action_id in operations})
    return names


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """The text of a scalar: YAML reads the version 1.0 as a number."""
    return "" if value is None or isinstance(value, Mapping | list) else str(value)
