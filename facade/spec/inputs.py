"""The schema of all arguments of an operation together."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from facade.model.action import Body, Schema
from facade.spec.media import DeclaredBody, array_of
from facade.spec.parameter import Declared
from facade.spec.schemas.schema import Direction, Piece, Schemas


def input_schema(
    schemas: Schemas, parameters: Iterable[Declared], body: DeclaredBody | None
) -> Schema:
    """An object of the parameters by their keys, `body`, and the body's own properties.

    A body may be given whole as `body` or, where its properties clash with
    nothing, property by property. `required` lists only what a call can never do
    without: parameters that have no default to send, and a required body that
    can only be given whole. Which properties a body needs that is given by them
    stands under `else` or `dependentRequired`.
    """
    pieces: dict[str, Piece] = {}
    required = []
    for each in parameters:
        one = each.parameter
        piece = _piece(schemas, each.schema_pointer) or Piece(one.schema)
        pieces[one.key] = _described(piece, one.description)
        if one.required and one.default is None:
            required.append(one.key)
    if body is not None:
        for name, pointer in body.flat.items():
            pieces[name] = schemas.piece(pointer, Direction.REQUEST)
        piece = _piece(schemas, body.schema_pointer) or Piece(schema=True)
        whole_body = array_of(piece) if body.of_items else piece
        pieces["body"] = _described(whole_body, body.body.description)
        if body.body.required and not body.flat:
            required.append("body")
    whole: dict[str, Any] = {
        "type": "object",
        "properties": {key: piece.schema for key, piece in pieces.items()},
        "required": required,
        "additionalProperties": False,
    }
    if body is not None and body.flat:
        whole.update(_either(body.body))
    references = dict(each for piece in pieces.values() for each in piece.references.items())
    return schemas.close(Piece(whole, references), Direction.REQUEST)


def _either(body: Body) -> dict[str, Any]:
    """That a body is given whole or by its properties, and then with those that it needs.

    Not by `oneOf`: interfaces to language models refuse it at the top of a schema.
    """
    needed = list(body.flat_required)
    rule: dict[str, Any] = {
        "if": {"required": ["body"]},
        "then": {"properties": dict.fromkeys(body.flat, False)},
    }
    if needed and body.required:
        rule["else"] = {"required": needed}
    elif needed:
        rule["dependentRequired"] = dict.fromkeys(body.flat, needed)
    return rule


def _piece(schemas: Schemas, pointer: str) -> Piece | None:
    return schemas.piece(pointer, Direction.REQUEST) if pointer else None


def _described(piece: Piece, description: str) -> Piece:
    """What the document says of the argument goes before what it says of its schema."""
    if not description or piece.schema is False:
        return piece
    plain = {} if piece.schema is True else piece.schema
    return replace(piece, schema={**plain, "description": description})
