"""Actions called one after another before a backend that records, and what is wrong with each."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from facade.model.action import Action
from tests.conformance.arguments import arguments_for
from tests.conformance.campaign import Published, refusal_of
from tests.conformance.documents import Operation
from tests.conformance.keywords import Impossible
from tests.conformance.mutations import Mutation, mutations
from tests.conformance.wire import differences
from tests.fakes import HttpBackend

IMPOSSIBLE = "there are no valid arguments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One call, and what is wrong with it."""

    key: str
    """`POST /pets`."""
    complaints: tuple[str, ...] = ()


def key_of(action: Action) -> str:
    return f"{action.method} {action.path}"


async def call_all(
    published: Published,
    backend: HttpBackend,
    found: Mapping[str, Operation],
) -> AsyncIterator[Finding]:
    """Calls every action with valid arguments, once for each media type of its body.

    The request is read by the document alone.
    """
    for action in published.actions:
        for seed in range(len(action.body.media) if action.body else 1):
            complaints = await _call(published, backend, found, (action, seed))
            if seed and complaints == [IMPOSSIBLE]:
                continue  # a string has no form as a form, though the document says so
            yield Finding(key=key_of(action), complaints=tuple(complaints))


async def _call(
    published: Published,
    backend: HttpBackend,
    found: Mapping[str, Operation],
    one: tuple[Action, int],
) -> list[str]:
    action, seed = one
    backend.requests.clear()
    try:
        given = arguments_for(action, seed)
    except Impossible:
        return [IMPOSSIBLE]
    chosen = given.media_type if seed and "*" not in given.media_type else ""
    answer = await published.call(action, given.arguments, chosen)
    if answer.HasField("error"):
        return [f"refused: {answer.error.message}"]
    if len(backend.requests) != 1:
        return [f"{len(backend.requests)} requests"]
    return differences(found[key_of(action)], given.arguments, backend.requests[0])


async def refuse_all(published: Published, backend: HttpBackend) -> AsyncIterator[Finding]:
    """Calls every action with arguments that are wrong in one place; each must be refused."""
    for action in published.actions:
        try:
            given = arguments_for(action)
        except Impossible:
            continue
        for mutation in mutations(action, given.arguments):
            backend.requests.clear()
            complaints = await _refuse(published, action, mutation)
            sent = ("sent all the same",) if backend.requests else ()
            yield Finding(key=f"{key_of(action)} {mutation.kind}", complaints=(*complaints, *sent))


async def _refuse(published: Published, action: Action, mutation: Mutation) -> tuple[str, ...]:
    """What is wrong with the refusal."""
    answer = await published.call(action, mutation.arguments)
    if not answer.HasField("error"):
        return ("taken",)
    refused = refusal_of(answer.error)
    if refused.reason != "INVALID_PARAMETERS":
        return (refused.reason,)
    inside = f"{mutation.field}/"
    named = any(each == mutation.field or each.startswith(inside) for each in refused.fields)
    return () if named else (f"{refused.fields} instead of {mutation.field}",)
