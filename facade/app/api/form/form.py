"""Form: an object of the API and a value of the model, to and fro, by a table of fields."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from msgspec import UNSET

from facade.app.api.form.place import LONGEST, MAX_DEPTH, FieldPlace
from facade.app.api.form.scalar import PROSE, TEXT, Codec, Scalar, at_most
from facade.catalog.draft import MAX_LABEL, MAX_LABELS

NOTHING: Mapping[str, Any] = MappingProxyType({})
_JOINT: Final = re.compile(r"_(.)")


class Way(Enum):
    """Which way a field goes (AIP-203)."""

    BOTH = "both"
    IN = "writeOnly"
    OUT = "readOnly"
    """Left out of account where a caller gives it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object: what it is called, what it holds, what it is for."""

    name: str
    """As the protos have it."""
    codec: Codec
    about: str
    """As the protos say it."""
    _: KW_ONLY
    own: str = ""
    """The model's word for it, where that is another."""
    get: Callable[[Any], Any] | None = None
    """Finds it in the model's value, where that takes more than a name."""
    silent: Any = UNSET
    """The value that goes without saying."""
    way: Way = Way.BOTH
    oneof: str = ""
    """Of the fields with the same word here, at most one is given."""
    optional: bool = False
    """Whether its zero is said too, though its kind does not ask for it."""
    required: bool = False

    @property
    def word(self) -> str:
        """The field's name in JSON."""
        return _JOINT.sub(lambda found: found[1].upper(), self.name)

    @property
    def explicit(self) -> bool:
        """Whether its zero is said too."""
        return self.optional or bool(self.oneof) or self.codec.explicit

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the field."""
        told: dict[str, Any] = self.codec.schema() | {"description": self.about}
        return told if self.way is Way.BOTH else told | {self.way.value: True}


class Form:
    """One message of the protos as a JSON object."""

    explicit = True

    def __init__(
        self,
        name: str,
        about: str,
        fields: tuple[Field, ...],
        make: Callable[[dict[str, Any], FieldPlace], Any] = lambda given, _place: given,
    ) -> None:
        """Takes its fields, and what makes the model's value of those that are given."""
        self.name = name
        self.about = about
        self.fields = fields
        self._make = make
        self._words = {each.word: each for each in fields}
        self._known = {each.name: each for each in fields} | self._words
        self._told = tuple(
            (each, each.word, each.get or attrgetter(each.own or each.name))
            for each in fields
            if each.way is not Way.IN
        )

    def write(self, own: Any, given: Mapping[str, Any] = NOTHING) -> dict[str, Any]:
        """The object that says a value of the model; zeros and what is unset stay away.

        `given` stands for fields that the value has not, by their names in the protos.
        """
        tree: dict[str, Any] = {}
        for field, word, get in self._told:
            held = given[field.name] if field.name in given else get(own)
            if held is None or held == field.silent or not (held or field.explicit):
                continue
            written = field.codec.write(held)
            if written is not None:
                tree[word] = written
        return tree

    def read(self, tree: Any, place: FieldPlace) -> Any:
        """The value that an object says; UNSET, and problems, where it says none."""
        if not isinstance(tree, dict):
            place.refuse_type("an object", tree)
            return UNSET
        if place.depth > MAX_DEPTH:
            place.refuse("is nested too deep")
            return UNSET
        given: dict[str, Any] = {}
        for field, value in self._given(tree, place):
            found = field.codec.read(value, place.within(field.name))
            if found is not UNSET and (found or field.explicit):
                given[field.own or field.name] = found
        return self._make(given, place)

    def schema(self) -> dict[str, Any]:
        """Where its JSON Schema stands."""
        return {"$ref": f"#/components/schemas/{self.name}"}

    def component(self) -> dict[str, Any]:
        """Its JSON Schema."""
        oneofs: dict[str, list[str]] = {}
        for field in self.fields:
            oneofs.setdefault(field.oneof, []).append(f"`{field.word}`")
        alone = [f"At most one of {', '.join(oneofs[each])}." for each in oneofs if each]
        told: dict[str, Any] = {
            "type": "object",
            "description": " ".join((self.about, *alone)),
            "properties": {word: field.schema() for word, field in self._words.items()},
            "additionalProperties": False,
        }
        required = [word for word, field in self._words.items() if field.required]
        if required:
            told["required"] = required
        if len(oneofs) == 1 and "" not in oneofs:
            told |= {"minProperties": 1, "maxProperties": 1}
        return told

    def _given(self, tree: Mapping[str, Any], place: FieldPlace) -> Iterator[tuple[Field, Any]]:
        """The fields that an object gives; what it should not give is noted."""
        seen: dict[str, str] = {}
        for word, value in tree.items():
            field = self._known.get(word)
            if field is None:
                place.within(word[:LONGEST]).refuse_word(word, self._words, "unknown field")
            elif value is None or field.way is Way.OUT:
                continue
            elif field.name in seen:
                place.within(field.name).refuse("is given twice")
            elif field.oneof and field.oneof in seen:
                place.refuse(f"give only one of `{seen[field.oneof]}` and `{field.word}`")
            else:
                seen |= {field.name: word, field.oneof: field.word}
                yield field, value


class Listed:
    """A list of values of one kind."""

    explicit = False

    def __init__(self, item: Codec, limits: Mapping[str, Any] = NOTHING) -> None:
        """Takes the kind, and what JSON Schema says of how many there may be."""
        self.item = item
        self._limits = limits

    def write(self, own: Any) -> list[Any]:
        """The values' JSON, in order."""
        return [self.item.write(each) for each in own]

    def read(self, tree: Any, place: FieldPlace) -> Any:
        """The values that could be read; UNSET, and a problem, where it is no list."""
        if not isinstance(tree, list):
            place.refuse_type("an array", tree)
            return UNSET
        found = (self.item.read(each, place.at(number)) for number, each in enumerate(tree))
        return tuple(each for each in found if each is not UNSET)

    def schema(self) -> dict[str, Any]:
        """A list's JSON Schema."""
        return {"type": "array", "items": self.item.schema(), **self._limits}


class Mapped:
    """Values of one kind by name."""

    explicit = False

    def __init__(self, item: Codec, limits: Mapping[str, Any] = NOTHING) -> None:
        """Takes the kind, and what JSON Schema says of names and how many there may be."""
        self.item = item
        self._limits = limits

    def write(self, own: Any) -> dict[str, Any]:
        """The values' JSON by name."""
        return {name: self.item.write(each) for name, each in own.items()}

    def read(self, tree: Any, place: FieldPlace) -> Any:
        """The values that could be read; UNSET, and a problem, where it is no object."""
        if not isinstance(tree, dict):
            place.refuse_type("an object", tree)
            return UNSET
        found = {
            name: self.item.read(each, place.at(name[:LONGEST])) for name, each in tree.items()
        }
        return {name: each for name, each in found.items() if each is not UNSET}

    def schema(self) -> dict[str, Any]:
        """A map's JSON Schema."""
        return {"type": "object", "additionalProperties": self.item.schema(), **self._limits}


class Within:
    """The form that a field of it holds again."""

    explicit = True

    def __init__(self, find: Callable[[], Form]) -> None:
        """Takes what finds the form, once it is there."""
        self._find = find

    def write(self, own: Any) -> Any:
        """As the form writes it."""
        return self._find().write(own)

    def read(self, tree: Any, place: FieldPlace) -> Any:
        """As the form reads it."""
        return self._find().read(tree, place)

    def schema(self) -> dict[str, Any]:
        """Where the form's JSON Schema stands."""
        return self._find().schema()


def keyed(text: Scalar, most: int) -> Mapped:
    """A map from such texts to such texts, with so many keys; no key is empty."""
    names = {**text.schema(), "minLength": 1}
    return Mapped(text, {"maxProperties": most, "propertyNames": names})


TEXTS = Mapped(TEXT)
LABELS = keyed(at_most(MAX_LABEL, PROSE), MAX_LABELS)


def made(kind: type, **blank: Any) -> Callable[[dict[str, Any], FieldPlace], Any]:
    """Makes a value of the model of the fields that are given; `blank` stands for those not."""
    return lambda given, _place: kind(**(blank | given))
