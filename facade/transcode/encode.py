"""(version, action, call) -> Plan: the HTTP request that a call comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from msgspec import structs

from facade.errors.caller import ActionUnsupported
from facade.errors.fault import Details, Violation
from facade.model.action import Action, Location
from facade.model.call import Arguments, Call, Headers, Plan
from facade.model.policy import Policy
from facade.model.version import Destination, Serialization, Version
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
from facade.transcode.template import Template, compile_template
from facade.transcode.validation.validate import Validator, compile_validator
from facade.transcode.variables import Bound, add_to_body, bind, overlaps

LONGEST = 300.0
"""Seconds that no call exceeds."""
LONGEST_TARGET = 60 * 1024
"""Bytes of path and query: more is refused by every server, and httpx has no address for it."""
IN_TARGET = frozenset({Location.PATH, Location.QUERY, Location.QUERYSTRING})
NO_VALUES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is the same for every request of an action, compiled once.

    It does not hold the action: it is kept as long as that lives.
    """

    validator: Validator
    template: Template
    slots: tuple[str, ...]
    """Of the template."""
    accept: str
    answers: Answers
    taken: frozenset[str]
    """The names of the parameters and of the body's flat properties."""
    writers: dict[Serialization, Writers] = field(default_factory=dict)
    """By how versions that share the action have it written."""
    bases: dict[tuple[Destination, str], tuple[Base, ...]] = field(default_factory=dict)
    """By the version's own address: where its calls go as long as no variable says so."""


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
        slots=template.slots,
        accept=accept(action),
        answers=Answers(action),
        taken=frozenset((*validator.parameters, *(action.body.flat if action.body else ()))),
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
    call = negotiated(call, recipe.taken, recipe.validator.options)
    bound = bind(version, action, values, call)
    arrays = version.serialization.deep_object_arrays
    wish = Wish(type=call.content_type, upload=call.upload, arrays=arrays)
    arguments, wish = settle_upload(action, call.arguments, wish, recipe.validator.options)
    violations = overlaps(arguments, action, bound.body)
    if not violations and wish.upload is None:
        arguments = add_to_body(arguments, action, bound.body)
    violations += recipe.validator.find(arguments, wish.upload, bound.keys, wish.type)
    draft = _place(version, action, recipe, arguments, bound, violations)
    draft.query.extend(call.pairs)
    if call.accept and (flaw := accept_flaw(call.accept)):
        draft.violations.append(Violation(field="accept", description=flaw))
    if draft.violations:
        raise refused(*draft.violations)
    base, *others = _bases(version, action, bound, recipe)
    written = write_body(action, arguments, wish, recipe.validator.options)
    if written is not None and wish.upload is None:
        written = _coded(recipe, draft, written)
    target = _target(base, recipe.template, draft)
    if len(target) > LONGEST_TARGET:
        _refuse_length(target, recipe, arguments)
    policy = version.policy_of(action.id)
    plan = Plan(
        version=version,
        action=action,
        method=action.method,
        origin=base.origin,
        target=target,
        path=recipe.template.fill(draft.path),
        elsewhere=tuple((each.origin, _target(each, recipe.template, draft)) for each in others),
        headers=_headers(call.accept, recipe, draft, written),
        body=written[1] if written else None,
        timeout=_timeout(policy, call),
        policy=policy,
        caller=call.caller,
        metadata=call.metadata,
        cache_use=call.cache_use,
        max_wait=call.max_wait,
        hops=call.hops,
    )
    return keyed(plan, call.request_id) if call.request_id else plan


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


def _bases(version: Version, action: Action, bound: Bound, recipe: Recipe) -> tuple[Base, ...]:
    """Where the call may go; what no variable is in is taken apart at the first one."""
    if bound.server:
        return choose_all(version, action, bound.server)
    key = version.destination, version.spec_uri
    bases = recipe.bases.get(key)
    if bases is None:
        bases = recipe.bases[key] = choose_all(version, action, bound.server)
    return bases


def _place(
    version: Version,
    action: Action,
    recipe: Recipe,
    arguments: Arguments,
    bound: Bound,
    violations: list[Violation],
) -> Draft:
    """Writes the arguments and the version's variables to their places."""
    validator = recipe.validator
    writers = recipe.writers.get(version.serialization)
    if writers is None:
        writers = compile_writers(action, version.serialization)
        recipe.writers[version.serialization] = writers
    draft = place(writers, arguments, validator.defaults, bound.keys, violations)
    draft.path.update(bound.path)
    _check_path(action, recipe, draft)
    draft.query.extend(bound.query)
    draft.headers.extend(bound.headers)
    draft.cookies.extend(bound.cookies)
    return draft


def _check_path(action: Action, recipe: Recipe, draft: Draft) -> None:
    """Refuses a path whose segments, filled, would not be the template's own."""
    missing = [slot for slot in recipe.slots if slot not in draft.path]
    if missing:
        _check_declared(action, recipe, missing)
    elif not draft.violations:
        for slot in recipe.template.escapes(draft.path):
            key = _declared(recipe).get(slot, slot)
            description = "makes a dot segment of its place in the path; a path must not climb"
            draft.violations.append(Violation(field=pointer((key,)), description=description))


def _declared(recipe: Recipe) -> dict[str, str]:
    """The keys of the path's parameters, by slot."""
    parameters = recipe.validator.parameters.values()
    return {each.name: each.key for each in parameters if each.location is Location.PATH}


def _check_declared(action: Action, recipe: Recipe, slots: list[str]) -> None:
    """Refuses an action whose path has slots that no parameter is declared for."""
    declared = _declared(recipe)
    unknown = tuple(
        Violation(field=action.pointer, description=f"`{{{slot}}}` is undeclared")
        for slot in slots
        if slot not in declared
    )
    if unknown:
        raise _unsupported(action, unknown)


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


def _target(base: Base, template: Template, draft: Draft) -> str:
    path = base.path + template.fill(draft.path)
    query = "&".join(filter(None, (base.query, template.fill_query(draft.path), *draft.query)))
    return f"{path or '/'}?{query}" if query else path or "/"


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
    chosen = [text for name, text in draft.headers if name.lower() == "accept"]
    return (
        ("accept", accepted or (chosen[-1] if chosen else recipe.accept)),
        *((("content-type", written[0]),) if written else ()),
        *(each for each in draft.headers if each[0].lower() != "accept"),
        *((("cookie", "; ".join(draft.cookies)),) if draft.cookies else ()),
    )


def _timeout(policy: Policy, call: Call) -> float:
    deadline = LONGEST if call.deadline is None else call.deadline
    return min(policy.timeout, deadline, LONGEST)


def _unsupported(action: Action, violations: tuple[Violation, ...]) -> ActionUnsupported:
    message = f"The action `{action.id}` cannot be called: {violations[0].description}"
    return ActionUnsupported(message, details=Details(violations=violations))
