"""One JSON Schema, compiled: finds what is wrong with a value."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs

from facade.errors.fault import Violation
from facade.model.action import Schema
from facade.transcode.validation.search import Search
from facade.transcode.validation.validator import build


@dataclass(frozen=True, slots=True)
class Check:
    """A compiled schema; without a validator it takes anything."""

    validator: jsonschema_rs.Validator | None
    schema: Schema = True

    def fits(self, value: Any) -> bool:
        """Whether the value is valid."""
        return self.validator is None or self.validator.is_valid(value)

    @property
    def test(self) -> Callable[[Any], bool]:
        """The same, as a function that is as short as can be."""
        return self.fits if self.validator is None else self.validator.is_valid

    def find(self, value: Any, path: tuple[str | int, ...]) -> list[Violation]:
        """What is wrong with a value that stands at that path of the arguments, each thing once.

        Of a value that is held to very many schemas, it says at least where.
        """
        return list(dict.fromkeys(self._search(value, path)))

    def first(self, value: Any, path: tuple[str | int, ...]) -> list[Violation]:
        """The first thing that is wrong."""
        return list(islice(self._search(value, path), 1))

    def _search(self, value: Any, path: tuple[str | int, ...]) -> Iterator[Violation]:
        if self.validator is not None and not self.validator.is_valid(value):
            yield from Search(self.schema, self.validator).find(self.schema, value, path)


def compile_schema(schema: Schema) -> Check:
    """Compiles a schema that stands alone, as `facade.spec.schemas.schema` makes them.

    What is no schema after all takes anything: the backend will judge.
    """
    if schema is True or schema == {}:
        return Check(None)
    try:
        return Check(build(schema), schema)
    except ValueError:
        return Check(None)
