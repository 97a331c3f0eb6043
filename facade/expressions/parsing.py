"""Parsing of JMESPath, by the library: bounded, numbers exact, and every name with its place."""

import json
from typing import Any, Final, NoReturn

import msgspec
from jmespath import ast
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
    """What the library found, and where; with what helps, where that is known."""
    if isinstance(error, LexerError):
        at, said = error.lexer_position, str(error.message)
    else:
        at, token = error.lex_position, error.token_value
        is_end = not token or error.token_type in {None, "EOF"}
        said = "the expression ends too early" if is_end else f"unexpected `{str(token)[:40]}`"
    helps = "" if said.startswith("the ") else _REMEDIES.get(_sign(expression.text, at), "")
    return Finding(place_at(expression, at), said + (f"; {helps}" if helps else ""))


_REMEDIES: Final = {
    "0": "a number stands between backticks: `5` as it is written in JSON",
    "-": "sub() subtracts, and a name with `-` stands in double quotes",
    "+": "add() adds, and join() puts texts together",
    "*": "mul() multiplies",
    "/": "div() divides",
    "?": "`condition && value || other` chooses",
    "$": "it begins at the names that there are, without `$`",
    "=": "`==` compares",
}
"""What helps where such a character cannot stand."""


def _sign(text: str, at: int) -> str:
    """The character there; of a number `0`."""
    is_number = text[at : at + 2].removeprefix("-")[:1].isdecimal()
    return "0" if is_number else text[at : at + 1]


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

    def _parse_multi_select_hash(self) -> Node:
        """The library's, with commas between all pairs, and no key twice: one would be lost."""
        pairs: dict[str, Node] = {}
        while True:
            token = self._lookahead_token(0)
            self._match_multiple_tokens(["quoted_identifier", "unquoted_identifier"])
            key = token["value"]
            if key in pairs:
                raise LexerError(token["start"], key, f"the key `{key[:40]}` stands here twice")
            self._match("colon")
            pairs[key] = ast.key_val_pair(key_name=key, node=self._expression(0))
            if self._current_token() == "rbrace":
                self._match("rbrace")
                return dict(ast.multi_select_dict(nodes=list(pairs.values())))
            self._match("comma")

    def _token_led_lparen(self, left: Node) -> Node:
        return {**super()._token_led_lparen(left), "at": left.get("at", 0)}
