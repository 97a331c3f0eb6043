"""Compilation: one operation of a document becomes an action."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from facade.model.action import Action, Problem, Requirement, Response
from facade.spec.document import Document, escape
from facade.spec.inputs import input_schema
from facade.spec.media import DeclaredBody, DeclaredMedia, compile_body, compile_content
from facade.spec.pagination.rule import page_rule
from facade.spec.parameter import Declared, compile_parameters
from facade.spec.path import Operation, flaw
from facade.spec.problems import problem
from facade.spec.schemas.schema import Direction, Schemas
from facade.spec.security import declared_schemes, implied_security, requirements
from facade.spec.servers import nearest_servers

METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110 section 9.1)."""
STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")


@dataclass(frozen=True, slots=True)
class DeclaredAnswer:
    """A response, and where in the document its schemas stand."""

    response: Response
    pointer: str
    """Where the operation says it, be it by a reference."""
    contents: tuple[DeclaredMedia, ...] = ()
    """Its media types, the preferred one first."""


@dataclass(frozen=True, slots=True)
class DeclaredAction:
    """An action, and where in the document its schemas stand."""

    action: Action
    parameters: tuple[Declared, ...]
    body: DeclaredBody | None
    answers: tuple[DeclaredAnswer, ...]
    """In the order of the action's responses."""


class Compiler:
    """Compiles the operations of one document, sharing what they share."""

    def __init__(self, document: Document, *, asking: bool) -> None:
        """Takes the document, and whether any of its operations says what signs it."""
        self._document = document
        self.schemas = Schemas(document)
        self._answers: dict[str, DeclaredAnswer] = {}
        self.schemes = declared_schemes(document)
        """The security schemes that the document declares, by name."""
        self._silent = implied_security(self.schemes, asking=asking)

    def compile(self, operation: Operation, name: str, alias: str) -> DeclaredAction:
        """Compiles one operation; where it cannot be called, the action's `problems` say why."""
        problems = list(_check(operation))
        node = operation.node if isinstance(operation.node, Mapping) else {}
        operation = replace(operation, node=node)
        given = node.get("requestBody")
        parameters, faults = compile_parameters(
            operation, self._document, self.schemas, has_body=given is not None
        )
        problems.extend(faults)
        body = self._body(given, operation, parameters)
        if isinstance(body, Problem):
            problems.append(body)
            body = None
        answers = self._all_answers(operation)
        action = Action(
            id=name,
            alias=alias,
            method=operation.method,
            path=operation.path,
            pointer=operation.pointer,
            parameters=tuple(each.parameter for each in parameters),
            body=body.body if body else None,
            responses=tuple(each.response for each in answers),
            security=self._security(node),
            servers=nearest_servers(self._servers(operation)),
            title=_text(node.get("summary")) or _text(node.get("x-ms-summary")),
            description=_text(node.get("description")),
            tags=_texts(node.get("tags")),
            deprecated=node.get("deprecated") is True,
            input_schema=partial(input_schema, self.schemas, parameters, body),
            paging=partial(page_rule, operation, parameters, body, self._document, self.schemas),
            problems=tuple(problems),
        )
        return DeclaredAction(action, tuple(parameters), body, answers)

    def _body(
        self, node: Any, operation: Operation, parameters: list[Declared]
    ) -> DeclaredBody | Problem | None:
        if node is None:
            return None
        names = {each.parameter.name for each in parameters}
        taken = names | {each.parameter.key for each in parameters}
        pointer = f"{operation.pointer}/requestBody"
        return compile_body(node, pointer, self._document, self.schemas, taken)

    def _all_answers(self, operation: Operation) -> tuple[DeclaredAnswer, ...]:
        """In the order in which they count: exact statuses, ranges, `default`."""
        nodes = operation.node.get("responses")
        pointer = f"{operation.pointer}/responses"
        found = [
            self._answer(status, node, f"{pointer}/{escape(key)}")
            for key, node in (nodes.items() if isinstance(nodes, Mapping) else ())
            if STATUS.fullmatch(status := key.replace("x", "X"))
        ]
        return tuple(sorted(found, key=_rank))

    def _answer(self, status: str, node: Any, pointer: str) -> DeclaredAnswer:
        try:
            found, at = self._document.follow(node, pointer)
        except LookupError:
            found, at = None, pointer
        if not isinstance(found, Mapping):
            return DeclaredAnswer(Response(status=status), pointer)
        if at not in self._answers:
            contents = compile_content(
                found.get("content"),
                f"{at}/content",
                self._document,
                self.schemas,
                Direction.RESPONSE,
            )
            response = Response(
                status=status,
                media=tuple(each.media for each in contents),
                description=_text(found.get("description")),
            )
            self._answers[at] = DeclaredAnswer(response, pointer, tuple(contents))
        known = self._answers[at]
        response = replace(known.response, status=status)
        return DeclaredAnswer(response, pointer, known.contents)

    def _security(self, node: Mapping[str, Any]) -> tuple[Requirement, ...] | None:
        """The operation's own, else the document's, else what their silence means."""
        levels = (node.get("security"), self._document.tree.get("security"))
        each = (requirements(level, self._document, self.schemes) for level in levels)
        return next((found for found in each if found is not None), self._silent)

    def _servers(self, operation: Operation) -> Iterator[Any]:
        yield operation.node.get("servers")
        yield from (layer.node.get("servers") for layer in reversed(operation.layers))
        yield self._document.tree.get("servers")


def _rank(answer: DeclaredAnswer) -> tuple[bool, str]:
    status = answer.response.status
    return not status.isdecimal(), status


def _check(operation: Operation) -> Iterator[Problem]:
    """What no request can be made of, whatever else the operation says."""
    if operation.node and not isinstance(operation.node, Mapping):
        yield problem("wrong-type", "An operation must be an object.", operation.pointer)
    if not METHOD.fullmatch(operation.method):
        yield problem("invalid-value", "The method is no HTTP method.", operation.pointer)
    reason = flaw(operation.path)
    if reason:
        message = f"The path `{operation.path[:200]}` {reason}."
        yield problem("invalid-path", message, operation.layers[0].pointer)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
