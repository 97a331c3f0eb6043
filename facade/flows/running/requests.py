"""Requests: a caller has a flow run, or tries a definition; both faces ask here."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import msgspec

from facade.catalog.request import refuse
from facade.catalog.request_ids import check_request_id
from facade.errors.events import TooManyWatchers
from facade.errors.fault import Violation
from facade.errors.flows import FlowUnpublished
from facade.expressions.exact_json import read_json
from facade.flows.flows import Flows
from facade.flows.missing import about, refuse_suspended
from facade.flows.running.inputs import LARGEST, check_trigger
from facade.flows.running.runs import Runs, Supplied
from facade.model.access import Identity
from facade.model.flow import Flow, FlowName, FlowVersion, FlowVersionName
from facade.model.flow_names import parse_flow_version
from facade.model.run import ENDED, Run, TriggerKind

PATIENCE: Final = 60.0
"""Seconds that a caller without a deadline waits for the end of a run."""

MARGIN: Final = 0.25
"""Seconds before the caller's deadline in which the answer goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A run that a caller asks for."""

    flow: FlowName
    version: str = ""
    """Its id; empty: the published one."""
    input: str = ""
    """JSON; empty: null."""
    request_id: str = ""
    wait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunRequest:
    """A definition, or a version, that a caller tries."""

    source: str = ""
    version: str = ""
    """The name of a version, in place of `source`."""
    input: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """JSON by the ids of steps."""
    trigger: str = ""
    """A JSON object of what the definition's trigger brings; empty: nothing has triggered it."""


class RunRequests:
    """Starts and tries flows for callers."""

    def __init__(self, flows: Flows, runs: Runs) -> None:
        """Takes where flows are, and what runs them."""
        self._flows = flows
        self._runs = runs

    async def run(self, asked: RunRequest, by: Identity, remaining: float | None = None) -> Run:
        """Starts a run; where that is asked for, answers once it has ended.

        `remaining`: the seconds that the caller waits; None: as long as it takes. Raises
        InvalidRequest, FlowNotFound, FlowVersionNotFound, FlowUnpublished, FlowSuspended, and
        CallerForbidden for a version that nobody published and of which the caller may not make
        every call.
        """
        refuse([*_flaws(asked.input, "input"), *check_request_id(asked.request_id)])
        flow = await self._flows.get(asked.flow)
        version = await self._version(flow, asked.version, by)
        run = await self._runs.start(
            flow,
            version,
            asked.input or "null",
            trigger=TriggerKind.MANUAL,
            trigger_id=asked.request_id or str(uuid4()),
            by=by,
        )
        return await self._ended(run, remaining) if asked.wait else run

    async def test(self, asked: DryRunRequest, by: Identity) -> Run:
        """Runs a definition to its end, and saves nothing.

        Raises InvalidRequest, DefinitionInvalid, CallerForbidden unless the caller may make every
        call of it, and what `Flows.version` raises.
        """
        problems = [
            *_flaws(asked.input, "input"),
            *(
                each
                for step, text in asked.outputs.items()
                for each in _flaws(text, f"outputs[{step[:63]}]")
            ),
        ]
        refuse(problems)
        source = asked.source
        if asked.version:
            name = parse_flow_version(asked.version, "version", by.tenant)
            source = (await self._flows.version(name)).source
        definition = self._flows.allowed(source, by)
        supplied = Supplied(
            outputs={step: _json(text) for step, text in asked.outputs.items()},
            trigger=check_trigger(definition.trigger, asked.trigger),
        )
        return await self._runs.test(definition, asked.input or "null", supplied, identity=by)

    async def _version(self, flow: Flow, id_: str, by: Identity) -> FlowVersion:
        """The version that is to run."""
        refuse_suspended(flow)
        name = flow.name
        if not id_ and not flow.published:
            said = f"no version of `{name}` is published; publish one, or name the one to run"
            raise FlowUnpublished(said, details=about(name))
        wanted = FlowVersionName(name.flow, id_ or flow.published, name.tenant)
        version = await self._flows.version(wanted)
        if wanted.version != flow.published:
            self._flows.allowed(version.source, by)
        return version

    async def _ended(self, run: Run, remaining: float | None) -> Run:
        """The run once it has ended, or as it is when the time is over, or too many wait."""
        seconds = PATIENCE if remaining is None else max(0.0, remaining - MARGIN)
        last = run
        with suppress(TimeoutError, TooManyWatchers):
            async with asyncio.timeout(seconds), aclosing(self._runs.watch(run.name)) as seen:
                async for last in seen:
                    if last.state in ENDED:
                        break
        return last


def _flaws(text: str, name: str) -> list[Violation]:
    """What forbids taking a text as JSON; an empty one stands for null."""
    if len(text.encode()) > LARGEST:
        return [Violation(field=name, description=f"at most {LARGEST:,} bytes")]
    try:
        _json(text)
    except (msgspec.DecodeError, RecursionError):
        return [Violation(field=name, description="must be JSON")]
    return []


def _json(text: str) -> Any:
    return read_json(text) if text else None
