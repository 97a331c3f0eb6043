"""(version, action, call) -> Plan: the HTTP request that a call comes to."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

import msgspec
from msgspec import structs

from facade.errors.caller import ActionUnsupported
from facade.errors.fault import Details, Violation
from facade.model.action import Action, Location
from facade.model.call import Arguments, Call, Headers, Plan
from facade.model.policy import Policy
from facade.model.version import Serialization, Version
from facade.recent import Recent
from facade.transcode.accept import accept, accept_flaw
from facade.transcode.answers import Answers
from facade.transcode.arguments import pointer, refused
from facade.transcode.body.body import Wish, write_body
from facade.transcode.body.coding import coded
from facade.transcode.body.content import Written
from facade.transcode.body.upload import settle_upload
from facade.transcode.negotiation import negotiated
from facade.transcode.placement import Draft, Writers, compile_writers, place
from facade.transcode.server import Base, choose_all
from facade.transcode.template import Template, compile_template, may_climb
from facade.transcode.validation.validate import Validator, compile_validator
from facade.transcode.variables import NOTHING, Bound, add_to_body, bind, overlaps

LONGEST = 300.0
"""Seconds that no call exceeds."""
LONGEST_TARGET = 60 * 1024
"""Bytes of path and query: servers refuse more."""
IN_TARGET = frozenset({Location.PATH, Location.QUERY, Location.QUERYSTRING})
NO_VALUES: Mapping[str, str] = MappingProxyType({})
NO_ACTION = Action(id="", method="", path="", pointer="")
"""In what is kept with a recipe, which must not keep its action alive."""
NO_VIOLATIONS: Sequence[Violation] = ()
KEPT = 2048
"""Versions that share an action, those of connections among them, that are kept fitted to it."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Where the calls of an action go in one version."""

    base: Base
    others: tuple[Base, ...]
    """Where else they may."""
    plan: Plan
    """What the plans of all have in common, but for the action."""


class Fitted(msgspec.Struct, kw_only=True):
    """What is the same for every request of an action in one version."""

    version: Version
    policy: Policy
    timeout: float
    """Seconds that a call has at most."""
    writers: Writers
    wish: Wish
    """What a call asks for that says nothing of its body."""
    is_open: bool
    """Whether its calls may say a variable's value, so that each binds its own."""
    values: Mapping[str, str] | None = None
    """The secrets of the last call that was bound, where all are bound alike."""
    bound: Bound = NOTHING
    """What they were bound to."""
    way: Way | None = None
    """That of its calls, as long as none says it itself; None until the first of them."""

    def beside(self, bound: Bound) -> Writers:
        """The writers of the parameters that the version does not set."""
        return tuple(each for each in self.writers if each.key not in bound.keys)


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every request of an action, compiled once.

    It does not hold the action: it is kept as long as that lives.
    """

    validator: Validator
    template: Template
    slots: frozenset[str]
    """Of the template."""
    accept: str
    answers: Answers
    writers: dict[Serialization, Writers] = {}
    """What connections of a version share, however many there are."""
    versions: Recent[int, Fitted] = msgspec.field(default_factory=partial(Recent, KEPT))
    """By identity: to compare versions would take longer than a call."""

    def fitted(self, version: Version, action: Action) -> Fitted:
        """What of it depends on the version, made at the version's first call."""
        fitted = self.versions.get(id(version))
        if fitted is None:
            fitted = _fit(self, version, action)
            self.versions.put(id(version), fitted)
        return fitted

    def written(self, action: Action, serialization: Serialization) -> Writers:
        """What writes the action's parameters where they are serialized so."""
        writers = self.writers.get(serialization)
        if writers is None:
            writers = compile_writers(action, serialization, self.validator)
            self.writers[serialization] = writers
        return writers


def compile_recipe(action: Action) -> Recipe:
    """Compiles an action; raises ActionUnsupported, with its problems, where it has any."""
    if action.problems:
        violations = tuple(
            Violation(field=each.pointer, description=each.message) for each in action.problems
        )
        raise _unsupported(action, violations)
    slots = {each.slot: each.name for each in action.parameters if each.slot}
    own = [each.name for each in action.parameters if each.location is Location.QUERY]
    template = compile_template(action.path, slots, own)
    validator = compile_validator(action)
    return Recipe(
        validator=validator,
        template=template,
        slots=frozenset(template.slots),
        accept=accept(action),
        answers=Answers(action),
    )


def _fit(recipe: Recipe, version: Version, action: Action) -> Fitted:
    policy = version.policy_of(action.id)
    return Fitted(
        version=version,
        policy=policy,
        timeout=min(policy.timeout, LONGEST),
        writers=recipe.written(action, version.serialization),
        wish=Wish(arrays=version.serialization.deep_object_arrays),
        is_open=any(each.overridable for each in version.variables),
    )


def encode(
    version: Version,
    action: Action,
    call: Call,
    values: Mapping[str, str] = NO_VALUES,
    recipe: Recipe | None = None,
) -> Plan:
    """Plans the HTTP request of a call: validated, placed and complete but for its signature.

    `values` holds the secrets of the version's variables by name; `recipe` is that of
    `compile_recipe`, made anew where it is not given. Raises InvalidParameters with every
    violation, ActionUnsupported, or ConnectionIncomplete.
    """
    recipe = recipe or compile_recipe(action)
    fitted = recipe.versions.young.get(id(version)) or recipe.fitted(version, action)
    validator, bound = recipe.validator, fitted.bound
    expected = validator.taken >= call.arguments.keys() >= validator.required
    if not expected:
        call = negotiated(call, validator.names, validator.options)
    if fitted.values != values or call.variables:
        bound = _bound(action, values, call, fitted)
    has_body = action.body is not None or call.upload or call.content_type or bound.body
    arguments, wish, twice = (
        _with_body(action, call, recipe, fitted.wish, bound)
        if has_body
        else (call.arguments, fitted.wish, NO_VIOLATIONS)
    )
    draft = place(fitted.beside(bound) if bound.keys else fitted.writers, arguments)
    sound = expected and not (draft.unfit or bound.keys)
    if has_body or not sound or call.accept or bound is not NOTHING:
        found = validator.find(arguments, wish.upload, bound.keys, wish.type, body_alone=sound)
        draft.violations[:0] = [*twice, *found, *_flaws(call)]
        _add(draft, bound)
    path = _path(action, recipe, draft)
    if draft.violations:
        raise refused(*draft.violations)
    way = (bound is fitted.bound and fitted.way) or _way(action, recipe, bound, fitted)
    written = _written(action, arguments, wish, recipe, draft) if has_body else None
    has_query = draft.query or call.pairs or recipe.template.query
    query = _query(recipe, draft, call.pairs) if has_query else ""
    plan = _planned(action, call, fitted, way, path, query)
    if len(plan.target) > LONGEST_TARGET:
        _refuse_length(plan.target, recipe, arguments)
    if written or draft.headers or draft.cookies or call.accept:
        headers = _headers(call.accept, recipe, draft, written)
        plan = structs.replace(plan, headers=headers, body=written[1] if written else None)
    return keyed(plan, call.request_id) if call.request_id else plan


def _planned(action: Action, call: Call, fitted: Fitted, way: Way, path: str, query: str) -> Plan:
    """The plan of a call that says nothing but an address."""
    timeout, deadline, others = fitted.timeout, call.deadline, way.others
    return structs.replace(
        way.plan,
        action=action,
        target=_target(way.base, path, query),
        path=path,
        elsewhere=tuple((each.origin, _target(each, path, query)) for each in others)
        if others
        else (),
        timeout=timeout if deadline is None or timeout < deadline else deadline,
        caller=call.caller,
        metadata=call.metadata,
        cache_use=call.cache_use,
        max_wait=call.max_wait,
        hops=call.hops,
    )


def keyed(plan: Plan, request_id: str) -> Plan:
    """The plan with an id that is the same for all of its tries.

    It goes out in the header by which the backend knows repeats, where there is such a header and
    the caller did not set it.
    """
    name = plan.policy.retry.idempotency_header
    headers = plan.headers
    if name and not any(key.lower() == name.lower() for key, _ in headers):
        headers = (*headers, (name, request_id))
    return structs.replace(plan, headers=headers, request_id=request_id)


def _bound(action: Action, values: Mapping[str, str], call: Call, fitted: Fitted) -> Bound:
    """The version's variables for a call; the same for all where none may say its own."""
    if fitted.is_open or call.variables:
        return bind(fitted.version, action, values, call)
    if fitted.values != values:
        fitted.bound = bind(fitted.version, action, values, call)
        fitted.values, fitted.way = values, None
    return fitted.bound


def _with_body(
    action: Action, call: Call, recipe: Recipe, wish: Wish, bound: Bound
) -> tuple[Arguments, Wish, Sequence[Violation]]:
    """The arguments with those of the body, what is wished of it, and what is given twice."""
    if call.content_type or call.upload:
        wish = structs.replace(wish, type=call.content_type, upload=call.upload)
    arguments, wish = settle_upload(action, call.arguments, wish, recipe.validator.options)
    violations = overlaps(arguments, action, bound.body) if bound.body else []
    if bound.body and not violations and wish.upload is None:
        arguments = add_to_body(arguments, action, bound.body)
    return arguments, wish, violations


def _way(action: Action, recipe: Recipe, bound: Bound, fitted: Fitted) -> Way:
    """Where the call may go: taken apart at the first one, if none says it itself."""
    own = bound.server and bound is not fitted.bound
    if not own and fitted.way is not None:
        return fitted.way
    base, *others = choose_all(fitted.version, action, bound.server)
    plan = Plan(
        version=fitted.version,
        action=NO_ACTION,
        method=action.method,
        origin=base.origin,
        target="",
        headers=(("accept", recipe.accept),),
        policy=fitted.policy,
    )
    way = Way(base=base, others=tuple(others), plan=plan)
    if not own:
        fitted.way = way
    return way


def _flaws(call: Call) -> Sequence[Violation]:
    """What is wrong with the fields of a call beside its arguments."""
    flaw = accept_flaw(call.accept) if call.accept else ""
    return (Violation(field="accept", description=flaw),) if flaw else ()


def _add(draft: Draft, bound: Bound) -> None:
    """Writes the version's variables to their places."""
    if bound is NOTHING:
        return
    draft.path.update(bound.path)
    draft.query.extend(bound.query)
    draft.headers.extend(bound.headers)
    draft.cookies.extend(bound.cookies)


def _path(action: Action, recipe: Recipe, draft: Draft) -> str:
    """The path, filled; empty where something is missing.

    Refuses a path whose segments, filled, would not be the template's own.
    """
    if not recipe.slots <= draft.path.keys():
        _check_declared(action, recipe, draft)
        return ""
    path = recipe.template.fill(draft.path)
    if may_climb(path) and not draft.violations:
        for slot in recipe.template.escapes(draft.path):
            key = _declared(recipe).get(slot, slot)
            description = "makes a dot segment of its place in the path; a path must not climb"
            draft.violations.append(Violation(field=pointer((key,)), description=description))
    return path


def _declared(recipe: Recipe) -> dict[str, str]:
    """The keys of the path's parameters, by slot."""
    parameters = recipe.validator.parameters.values()
    return {each.name: each.key for each in parameters if each.location is Location.PATH}


def _check_declared(action: Action, recipe: Recipe, draft: Draft) -> None:
    """Refuses an action whose path has slots that no parameter is declared for."""
    known = draft.path.keys() | _declared(recipe).keys()
    unknown = tuple(
        Violation(field=action.pointer, description=f"`{{{slot}}}` is undeclared")
        for slot in recipe.template.slots
        if slot not in known
    )
    if unknown:
        raise _unsupported(action, unknown)


def _written(
    action: Action, arguments: Arguments, wish: Wish, recipe: Recipe, draft: Draft
) -> Written | None:
    """The body as it is sent, and its type."""
    written = write_body(action, arguments, wish, recipe.validator.options)
    if written is not None and draft.headers and wish.upload is None:
        return _coded(recipe, draft, written)
    return written


def _coded(recipe: Recipe, draft: Draft, written: Written) -> Written:
    """The body as a declared Content-Encoding says it is; an upload is so already."""
    for name, text in draft.headers:
        if name.lower() == "content-encoding":
            data = coded(written[1], text)
            if data is None:
                parameters = recipe.validator.parameters.values()
                headers = (each for each in parameters if each.location is Location.HEADER)
                key = next((each.key for each in headers if each.name == name), name)
                description = "is no coding that a body is put into here; an upload may have it"
                raise refused(Violation(field=pointer((key,)), description=description))
            return written[0], data
    return written


def _query(recipe: Recipe, draft: Draft, pairs: tuple[str, ...]) -> str:
    """The template's own query, then the arguments', then those that a page's URL has."""
    own = recipe.template.fill_query(draft.path)
    return "&".join(filter(None, (own, *draft.query, *pairs)))


def _target(base: Base, path: str, query: str) -> str:
    path = base.path + path or "/"
    if base.query:
        query = f"{base.query}&{query}" if query else base.query
    return f"{path}?{query}" if query else path


def _refuse_length(target: str, recipe: Recipe, arguments: Arguments) -> None:
    """Blames the longest argument of the address, if one of the caller's is in it at all."""
    lengths = {
        key: len(arguments[key].text)
        for key, parameter in recipe.validator.parameters.items()
        if key in arguments and parameter.location in IN_TARGET
    }
    longest = max(lengths, key=lambda key: lengths[key], default=None)
    if longest is not None:
        description = f"makes an address of {len(target)} bytes; at most {LONGEST_TARGET} are sent"
        raise refused(Violation(field=pointer((longest,)), description=description))


def _headers(
    accepted: str, recipe: Recipe, draft: Draft, written: tuple[str, bytes] | None
) -> Headers:
    """Accept, Content-Type, the parameters' in their order, the variables', Cookie."""
    chosen, fields = recipe.accept, []
    for each in draft.headers:
        if each[0].lower() == "accept":
            chosen = each[1]
        else:
            fields.append(each)
    if written:
        fields.insert(0, ("content-type", written[0]))
    if draft.cookies:
        fields.append(("cookie", "; ".join(draft.cookies)))
    return (("accept", accepted or chosen), *fields)


def _unsupported(action: Action, violations: tuple[Violation, ...]) -> ActionUnsupported:
    message = f"The action `{action.id}` cannot be called: {violations[0].description}"
    return ActionUnsupported(message, details=Details(violations=violations))
