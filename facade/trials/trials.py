"""Trials: an action is tried with test data, as a call is made, and nothing of it is saved.

What is remembered is what somebody gave, so that they need not give it again; never credentials.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from facade.catalog.catching_up import CatchingUp
from facade.catalog.request import invalid
from facade.engine import Engine
from facade.errors.caller import InvalidParameters
from facade.errors.fault import Fault
from facade.expressions.exact_json import write_json
from facade.expressions.slots import compile_slots
from facade.model.access import Identity
from facade.model.action import Action
from facade.model.call import CacheUse, Call, Outcome, Reply
from facade.model.face import caller_of
from facade.model.trial import HeaderLine, LastTrial, Tried, Trying
from facade.sealing import Seal
from facade.stores.trials import SqlTrials
from facade.telemetry.spans import current
from facade.transcode.arguments import parse
from facade.transcode.json_text import is_json
from facade.trials.inference import inferred_schema
from facade.trials.prompts import MISSING, found, merged, prompts_of
from facade.trials.redaction import without_credentials
from facade.trials.tree import nodes_of

LARGEST: Final = 64 * 1024
"""Bytes of a trial that is remembered; a larger one is not."""
WHOLE: Final = "parameters_json"
"""How a fault of arguments names all of them."""
EXCERPT: Final = 4_000
"""Characters that are shown of a body that is no JSON."""


class _Row(msgspec.Struct, frozen=True):
    """A trial as it is sealed."""

    arguments: str
    values: str


class Trials:
    """Tries actions. Every method raises StoreUnavailable, and what calls of the action raise."""

    def __init__(
        self,
        engine: Engine,
        catching_up: CatchingUp,
        store: SqlTrials,
        seal: Seal,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes what makes calls, what knows actions, and where trials are remembered."""
        self._engine = engine
        self._catching_up = catching_up
        self._store = store
        self._seal = seal
        self._clock = clock

    async def last(self, trying: Trying, by: Identity) -> LastTrial:
        """What somebody gave the last time, and what is asked for now; raises ActionNotFound."""
        action = await self._action(trying)
        before = await self._last(trying, by)
        given, _ = self._given(trying, before)
        prompts = prompts_of(given, action, _tree(before.values))
        return replace(before, prompts=prompts)

    async def run(
        self,
        trying: Trying,
        by: Identity,
        deadline: float | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Tried:
        """Calls the action once, past the cache, by the policy that every call of it has.

        Where slots have no value nothing is sent, and what is missing is told; unless they are
        left empty. A failure is told, not raised. Raises InvalidRequest, ActionNotFound.
        """
        action = await self._action(trying)
        before = await self._last(trying, by)
        given, values = self._given(trying, before)
        asked = prompts_of(given, action, _tree(before.values))
        missing = tuple(
            each for each in asked if found(values, tuple(each.name.split("."))) is MISSING
        )
        if missing and not trying.leave_empty:
            return Tried(prompts=missing, time=self._now())
        text = _filled(given, values)
        call = call_of(trying, text, by, deadline, metadata or {})
        begun, start = self._now(), time.perf_counter()
        outcome = await self._engine.execute(call)
        seconds = time.perf_counter() - start
        await self._remember(trying, by, action, given, values)
        tried = Tried(time=begun, seconds=seconds, arguments=text, trace_id=call.trace_id)
        return _told(tried, outcome, learn=trying.learn)

    async def _action(self, trying: Trying) -> Action:
        by = caller_of(trying.name.tenant, trying.connection, "")
        _, action = await self._catching_up.resolve(trying.name, by, {})
        return action

    def _given(self, trying: Trying, before: LastTrial) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """The arguments and the values for their slots, laid over those of the last time."""
        arguments = _read(trying.arguments, "parameters_json")
        values: Any = _read(trying.values, "values_json")
        if trying.use_last:
            arguments = {**_tree(before.arguments), **arguments}
            values = merged(_tree(before.values), values)
        return arguments, values

    async def _last(self, trying: Trying, by: Identity) -> LastTrial:
        key = self._key(trying, by)
        kept = await self._store.find(trying.name.tenant, key, self._now())
        plain = None if kept is None else self._seal.unseal(kept[0], key.encode())
        if kept is None or plain is None:
            return LastTrial()
        row = msgspec.json.decode(plain, type=_Row)
        return LastTrial(arguments=row.arguments, values=row.values, time=kept[1])

    async def _remember(
        self, trying: Trying, by: Identity, action: Action, arguments: Any, values: Any
    ) -> None:
        row = _Row(
            write_json(without_credentials(arguments, action)),
            write_json(without_credentials(values, action)),
        )
        key, plain = self._key(trying, by), msgspec.json.encode(row)
        if len(plain) <= LARGEST:
            sealed = self._seal.seal(plain, key.encode())
            await self._store.put(trying.name.tenant, key, sealed, self._now())

    def _key(self, trying: Trying, by: Identity) -> str:
        """Of a caller, an action of whatever version, and a connection."""
        name = trying.name
        return self._seal.name(
            name.tenant, by.known_name, name.connector, name.action, trying.connection
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def call_of(
    trying: Trying,
    text: str,
    by: Identity,
    deadline: float | None,
    metadata: Mapping[str, str],
) -> Call:
    """The call that a trial is: fresh from the backend, told in full, its failure too."""
    return Call(
        name=trying.name,
        arguments=parse(text),
        deadline=deadline,
        continue_on_failure=True,
        full_view=True,
        trace_id=current().trace_id,
        caller=caller_of(trying.name.tenant, trying.connection, trying.subject),
        caller_name=by.known_name,
        metadata=metadata,
        cache_use=CacheUse.BYPASS,
    )


def _read(text: str, field: str) -> dict[str, Any]:
    """The members of an object, digits and all; raises InvalidRequest that names the field."""
    try:
        return {name: each.value for name, each in parse(text or "{}").items()}
    except InvalidParameters as fault:
        problems = fault.details.violations
        raise invalid(
            *(replace(each, field=field + each.field.removeprefix(WHOLE)) for each in problems)
        ) from None


def _tree(text: str) -> Any:
    """What was remembered, digits and all."""
    return json.loads(text or "{}", parse_float=Decimal)


def _filled(arguments: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The arguments as they are sent; those of which a slot left nothing stay away (H-2)."""
    filled = compile_slots(dict(arguments), {}).fill(values).value
    sent = {
        name: value
        for name, value in filled.items()
        if value is not None or arguments[name] is None
    }
    return write_json(sent)


def _told(tried: Tried, outcome: Outcome, *, learn: bool) -> Tried:
    """A trial with what its call came to."""
    exchange, reply = outcome.exchange, outcome.exchange.reply
    fault: Fault | None = outcome.fault
    tried = replace(
        tried,
        method=exchange.method,
        uri=exchange.uri,
        fault=fault,
        warnings=exchange.warnings,
    )
    if reply is None:
        return tried
    tried = replace(
        tried,
        status=reply.status,
        headers=tuple(HeaderLine(name=name, value=value) for name, value in reply.headers),
        content_type=reply.header("content-type") or outcome.content_type,
    )
    return tried if exchange.method == "HEAD" else _with_body(tried, outcome, reply, learn=learn)


def _with_body(tried: Tried, outcome: Outcome, reply: Reply, *, learn: bool) -> Tried:
    body = outcome.json if outcome.json is not None else outcome.body
    body = reply.body if body is None else body
    tree = _json(body)
    if tree is MISSING:
        return replace(tried, size=len(body), text=body[:EXCERPT].decode(errors="replace"))
    nodes, cut = nodes_of(tree)
    return replace(
        tried,
        size=len(body),
        nodes=nodes,
        cut=cut,
        text=body[:EXCERPT].decode(errors="replace") if cut else "",
        learnt=json.dumps(inferred_schema(tree)) if learn and outcome.fault is None else "",
    )


def _json(body: bytes) -> Any:
    """What the body says, numbers of any size; MISSING where it is no JSON."""
    return json.loads(body, parse_float=Decimal) if is_json(body) else MISSING
