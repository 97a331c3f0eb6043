"""Arguments against what an action takes: every violation at once, before any I/O."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from facade.errors.fault import Violation
from facade.model.action import Action, Body, Parameter
from facade.model.call import Argument, Arguments, Upload
from facade.transcode.arguments import argument, pointer
from facade.transcode.body.body import choose, declared, options_of, undeclared
from facade.transcode.body.content import OPAQUE, Option
from facade.transcode.validation.schema import Check, compile_schema

BODY = "body"
"""The argument that is the whole body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """What an action takes, compiled once; it keeps nothing of a call, nor the action itself."""

    body: Body | None
    parameters: Mapping[str, Parameter]
    """By key."""
    names: frozenset[str]
    """Those of all arguments."""
    taken: frozenset[str]
    """Those of arguments that it has a use for: without a body, `body` is none."""
    required: frozenset[str]
    """The keys of the parameters that a caller has to give."""
    checks: Mapping[str, Check]
    """Of the parameters, by key."""
    tests: Mapping[str, Callable[[Any], bool]]
    """The same, as what they are asked first; they take what is empty where that is allowed."""
    defaults: Mapping[str, Argument]
    """Of required parameters, those that fit their own schema."""
    options: tuple[Option, ...]
    """The media types that the body may be written in, the preferred one first."""
    bodies: dict[str, Check] = field(default_factory=dict)
    """Of the body, by media type as it is written: compiled as they are needed."""

    def find(
        self,
        arguments: Arguments,
        upload: Upload | None,
        bound: Collection[str] = (),
        chosen: str = "",
        *,
        body_alone: bool = False,
    ) -> list[Violation]:
        """Finds every violation, by JSON pointer into what the caller sent.

        Parameters in `bound` are set by the version: they are not missed, and not the caller's.
        `chosen` is the media type that the caller wants the body to have. `body_alone`: of the
        others it is known that nothing is wrong.
        """
        found = [] if body_alone else [*self._of_parameters(arguments, bound)]
        if self.body is not None or upload or chosen or BODY in arguments:
            found.extend(self._body(arguments, upload, chosen))
        return found

    def _of_parameters(self, arguments: Arguments, bound: Collection[str]) -> Iterator[Violation]:
        """What is wrong with names, and with the values of parameters."""
        if not self.names >= arguments.keys() >= self.required:
            yield from self._unknown(arguments)
            yield from self._missing(arguments, bound)
        for key, each in arguments.items():
            fits = self.tests.get(key)
            if fits is not None and (not fits(each.value) or key in bound):
                yield from self._unfit(key, each, bound)

    def flat(self, arguments: Arguments) -> dict[str, Argument]:
        """The arguments that are properties of the body."""
        names = self.body.flat if self.body else ()
        return {name: arguments[name] for name in arguments if name in names}

    def _unknown(self, arguments: Arguments) -> Iterator[Violation]:
        body = self.body
        known = [*self.parameters, *((BODY, *body.flat) if body else ())]
        has_room = body is not None and BODY not in arguments and BODY not in self.parameters
        elsewhere = "; a property of the body goes into `body`" if has_room else ""
        for name in arguments:
            if name not in self.names:
                hint = suggestion(name, known) or elsewhere
                description = f"is not an argument of this action{hint}"
                yield Violation(field=pointer((name,)), description=description)

    def _missing(self, arguments: Arguments, bound: Collection[str]) -> Iterator[Violation]:
        for key in self.parameters:
            if key in self.required and key not in arguments and key not in bound:
                yield Violation(field=pointer((key,)), description="is required")

    def _unfit(self, key: str, given: Argument, bound: Collection[str]) -> Iterator[Violation]:
        if key in bound:
            description = "is set by the connector's version and cannot be given"
            yield Violation(field=pointer((key,)), description=description)
        else:
            yield from self.checks[key].find(given.value, (key,))

    def _body(
        self, arguments: Arguments, upload: Upload | None, chosen: str
    ) -> Iterator[Violation]:
        """Of a body in arguments; an upload that is the whole body was judged before."""
        if chosen and declared(self.options, chosen) is None:
            yield undeclared(self.options)
        else:
            yield from self._arguments_of_body(arguments, upload, chosen)

    def _arguments_of_body(
        self, arguments: Arguments, upload: Upload | None, chosen: str
    ) -> Iterator[Violation]:
        body = self.body
        flat = self.flat(arguments)
        whole = None if BODY in self.parameters or BODY in flat else arguments.get(BODY)
        if body is None:
            if whole or upload:
                yield Violation(field="/body", description="is too much: the action takes no body")
        elif upload:
            return
        elif whole and flat:
            description = "is given twice: in `body`, and as an argument of its own"
            yield from (Violation(field=pointer((name,)), description=description) for name in flat)
        elif whole:
            yield from self._fit(whole.value, (BODY,), chosen)
        elif flat or (body.required and body.flat):
            yield from self._fit({name: each.value for name, each in flat.items()}, (), chosen)
        elif body.required:
            yield Violation(field="/body", description="is required")

    def _fit(self, value: Any, path: tuple[str, ...], chosen: str) -> list[Violation]:
        """Against the media type that the value will be written in."""
        if not self.options:
            return []
        option = choose(self.options, value, chosen)
        judged = option.row.judged(value, option)
        if judged is OPAQUE:
            return []
        check = self.bodies.get(option.media.type)
        if check is None:
            check = self.bodies[option.media.type] = compile_schema(option.media.schema)
        return [] if check.fits(judged) else check.find(judged, path)


def compile_validator(action: Action) -> Validator:
    """Compiles the schemas of an action's parameters and body."""
    checks = {each.key: compile_schema(each.schema) for each in action.parameters}
    defaults = {
        each.key: argument(each.default)
        for each in action.parameters
        if each.required and each.default is not None and checks[each.key].fits(each.default)
    }
    required = {each.key for each in action.parameters if each.required}
    taken = (*checks, *((*action.body.flat, BODY) if action.body else ()))
    return Validator(
        body=action.body,
        parameters={each.key: each for each in action.parameters},
        names=frozenset((*taken, BODY)),
        taken=frozenset(taken),
        required=frozenset(required - defaults.keys()),
        checks=checks,
        tests={each.key: _test(each, checks[each.key]) for each in action.parameters},
        defaults=defaults,
        options=options_of(action.body),
    )


def _test(parameter: Parameter, check: Check) -> Callable[[Any], bool]:
    """Whether a parameter takes a value, in as few words as can be."""
    fits = check.test
    return (lambda value: value in ("", None) or fits(value)) if parameter.allow_empty else fits


def suggestion(name: str, known: Collection[str]) -> str:
    """`; did you mean …?` where a known name is near."""
    located = [each for each in known if each.endswith(f".{name}")]
    spelled = {each.lower(): each for each in known}
    near = [spelled[each] for each in get_close_matches(name.lower(), spelled, n=1)]
    found = " or ".join(located or near)
    return f"; did you mean {found}?" if found else ""
