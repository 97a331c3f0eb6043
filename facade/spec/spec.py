"""Spec: the actions of a document, each compiled when it is first asked for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from facade.model.action import Action, Problem, SecurityScheme
from facade.spec.compile import Compiler, DeclaredAction
from facade.spec.document import Document
from facade.spec.naming import MAX_ID
from facade.spec.outline import Outline, outline
from facade.spec.packing import pack, unpack
from facade.spec.path import operation_of
from facade.spec.problems import problem
from facade.spec.schemas.schema import Schemas

MAX_SUGGESTIONS = 3


class Spec:
    """The actions of a document, by their names.

    Making one reads where the operations stand and no more. Ids, aliases and
    actions are the same for the same document, whatever is asked for first.
    """

    def __init__(self, document: Document, known: Outline | None = None) -> None:
        """Takes the document, and its outline where that was made before."""
        self.document = document
        self.outline = known or outline(document)
        self._info = _mapping(document.tree.get("info"))
        self._compiler = Compiler(document, asking=self.outline.asking)
        self._actions: dict[str, Action] = {}
        self.ids: tuple[str, ...] = tuple(sorted(self.outline.rows))
        """The ids of all actions, sorted."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As what is handed to another process: packed, to be read there part by part."""
        return _unpacked, pack(self.document, self.outline)

    def __len__(self) -> int:
        return len(self.ids)

    def action(self, name: str) -> Action:
        """The action by its id, its alias, or an operationId that is no other's.

        Raises KeyError for an unknown name.
        """
        action_id = self.outline.names[name]
        if action_id not in self._actions:
            self._actions[action_id] = self.declared(action_id).action
        return self._actions[action_id]

    def declared(self, action_id: str) -> DeclaredAction:
        """An action by its id, with the places of its schemas; compiled for who asks.

        Raises KeyError for an unknown id.
        """
        operation = operation_of(self.outline.rows[action_id], self.document)
        return self._compiler.compile(operation, action_id, self.outline.aliases[action_id])

    def scopes(self, scheme: str) -> tuple[str, ...]:
        """What the operations ask of an OAuth2 scheme, sorted; compiles none of them."""
        asked = [self.document.tree.get("security")]
        for row in self.outline.rows.values():
            node = operation_of(row, self.document).node
            asked.append(node.get("security") if isinstance(node, Mapping) else None)
        lists = (each for each in asked if isinstance(each, list))
        wanted = (each.get(scheme) for some in lists for each in some if isinstance(each, Mapping))
        found = (scope for each in wanted if isinstance(each, list) for scope in each)
        return tuple(sorted({each for each in found if isinstance(each, str)}))

    def suggest(self, name: str) -> tuple[str, ...]:
        """Up to three ids that may be meant by a name, the closest first."""
        known = {each.lower(): action_id for each, action_id in self.outline.names.items()}
        close = get_close_matches(name[:MAX_ID].lower(), known, 2 * MAX_SUGGESTIONS)
        return tuple(dict.fromkeys(known[each] for each in close))[:MAX_SUGGESTIONS]

    def problems(self) -> tuple[Problem, ...]:
        """All that sets actions aside, or keeps names and paths from being unique.

        Compiles every action.
        """
        found = [*self.outline.hidden, *self._duplicates()]
        for name in self.outline.rows:
            found.extend(self.action(name).problems)
        return tuple(dict.fromkeys(found))

    @property
    def schemas(self) -> Schemas:
        """What follows the references of its schemas."""
        return self._compiler.schemas

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
        counts = Counter(declared for _, _, _, declared, _ in self.outline.rows.values())
        for name, (_, _, pointer, declared, _) in self.outline.rows.items():
            if declared and counts[declared] > 1:
                message = f"The operationId is not unique; the action is called `{name}`."
                yield problem("duplicate-operation-id", message, f"{pointer}/operationId")


def _unpacked(*packed: bytes) -> Spec:
    return Spec(*unpack(*packed))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """The text of a scalar: YAML reads the version 1.0 as a number."""
    return "" if value is None or isinstance(value, Mapping | list) else str(value)
