"""Parsing of JMESPath, by the library: bounded, numbers exact, and every name with its place."""

import json
from typing import Any, Final, NoReturn

import msgspec
from jmespath.exceptions import JMESPathError, LexerError, ParseError
from jmespath.lexer import Lexer
from jmespath.parser import ParsedResult, Parser

from facade.expressions.finding import Finding, invalid, place_at
from facade.expressions.numbers import Number, number_of
from facade.expressions.trees import MAX_DEPTH, Node
from facade.model.definition import Expression

MAX_TEXT: Final = 4_096
"""Characters of one expression."""


def parse(expression: Expression) -> Node:
    """Gives the tree of an expression; raises ExpressionInvalid with the place of the error."""
    text = expression.text
    if len(text) > MAX_TEXT:
        raise invalid(
            Finding(place_at(expression, 0), f"an expression has up to {MAX_TEXT} characters")
        )
    if not text.strip():
        raise invalid(Finding(place_at(expression, 0), "the expression is empty"))
    try:
        return dict(_Parser().parse(text).parsed)
    except ParseError as error:
        raise invalid(_finding(expression, error)) from None
    except (JMESPathError, ValueError, IndexError, RecursionError) as error:
        raise invalid(Finding(place_at(expression, 0), f"cannot be read: {error}")) from None


def _finding(expression: Expression, error: ParseError) -> Finding:
    """What the library found, and where."""
    if isinstance(error, LexerError):
        return Finding(place_at(expression, error.lexer_position), f"{error.message}")
    token = error.token_value
    said = f"unexpected `{str(token)[:40]}`" if token else "the expression ends too early"
    if error.token_type in {None, "EOF"}:
        said = "the expression ends too early"
    return Finding(place_at(expression, error.lex_position), said)


class _Lexer(Lexer):
    """The library's, with literals that lose no digit and are JSON alone."""

    def _consume_literal(self) -> dict[str, Any]:
        start = self._position
        text = self._consume_until("`").replace("\\`", "`")
        try:
            msgspec.json.decode(text)  # which takes no half of a surrogate pair
            value = json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_refuse)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise LexerError(start, text, "what stands between ` and ` is no JSON") from None
        return {"type": "literal", "value": value, "start": start, "end": self._position}

    def _consume_quoted_identifier(self) -> dict[str, Any]:
        token: dict[str, Any] = super()._consume_quoted_identifier()
        if any("\ud800" <= each <= "\udfff" for each in token["value"]):
            message = "half a surrogate pair is no character"
            raise LexerError(token["start"], token["value"], message)
        return token


def _number(text: str) -> Number:
    """A number of a literal."""
    made = number_of(text)
    if made is None:
        raise ValueError(text)
    return made


def _refuse(text: str) -> NoReturn:
    """NaN and infinities are no JSON."""
    raise ValueError(text)


class _Parser(Parser):
    """The library's, with the places of names and an end to what stands within one another."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def parse(self, expression: str) -> ParsedResult:
        """Gives the tree; nothing is kept of it here."""
        made: ParsedResult = self._do_parse(expression)
        return made

    def _parse(self, expression: str) -> ParsedResult:
        self._tokens = list(_Lexer().tokenize(expression))
        self._index = 0
        parsed = self._expression(binding_power=0)
        if self._current_token() != "eof":
            self._raise_parse_error_for_token(self._lookahead_token(0), "unexpected")
        return ParsedResult(expression, parsed)

    def _expression(self, binding_power: int = 0) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            token = self._lookahead_token(0)
            message = f"more than {MAX_DEPTH} expressions within one another"
            raise LexerError(token["start"], token["value"], message)
        made: Node = super()._expression(binding_power)
        self._depth -= 1
        return made

    def _token_nud_unquoted_identifier(self, token: Node) -> Node:
        return {**super()._token_nud_unquoted_identifier(token), "at": token["start"]}

    def _token_nud_quoted_identifier(self, token: Node) -> Node:
        return {**super()._token_nud_quoted_identifier(token), "at": token["start"]}

    def _token_led_lparen(self, left: Node) -> Node:
        return {**super()._token_led_lparen(left), "at": left.get("at", 0)}
