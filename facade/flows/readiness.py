"""Readiness: whether flows can run, by what they call now, and by the flows that they run."""

from dataclasses import replace
from typing import Final

from facade.errors.caller import InvalidRequest
from facade.expressions.finding import Finding
from facade.flows.checker import Checker, unfit
from facade.flows.definitions import flows_in, is_definition, read, version_of
from facade.model.access import Identity
from facade.model.definition import Definition, RunFlow
from facade.model.flow import Flow, FlowState
from facade.model.flow_names import number_of, parse_flow, parse_flow_version
from facade.stores.flow_rows import KeptFlow, KeptVersion
from facade.stores.flows import SqlFlows

FOLLOWED: Final = 200
"""Flows that are looked into behind one."""


class Readiness:
    """Compares flows with the catalog and with each other. Raises StoreUnavailable."""

    def __init__(self, store: SqlFlows, checker: Checker) -> None:
        """Takes where the other flows are, and what knows the actions."""
        self._store = store
        self._checker = checker

    async def check(self, version: KeptVersion, by: Identity) -> None:
        """Raises FlowUnfit, CallerForbidden for a version that could not run as it says."""
        name = version.name
        findings = await self._found(version.source, name.tenant, str(name.parent))
        if findings:
            raise unfit(f"`{name}`", findings)
        self._checker.check_allowed(read(version.source), by)

    async def findings(self, source: str, tenant: str, by: Identity) -> tuple[Finding, ...]:
        """All for which a text could not be published by somebody."""
        found = await self._found(source, tenant)
        forbidden = self._checker.forbidden(read(source), by) if is_definition(source) else ()
        return (*found, *forbidden)

    def told(self, kept: KeptFlow) -> Flow:
        """The flow with the state that it has by what its actions are now."""
        flow = flow_of(kept)
        published = flow.version(flow.published)
        if published is None or flow.state is not FlowState.ACTIVE:
            return flow
        findings = self._checker.fits(published.source, flow.name.tenant)
        if not findings:
            return flow
        said = unfit("Its published version", findings).message
        return replace(flow, state=FlowState.ERROR, state_description=said)

    async def _found(self, source: str, tenant: str, name: str = "") -> tuple[Finding, ...]:
        """All that is wrong with a text, with what the flows say that it runs."""
        others = await self._others(source, tenant)

        def said(work: RunFlow) -> Definition | Finding | None:
            found = others.get(work.flow)
            return Finding(work.place, found) if isinstance(found, str) else found

        return self._checker.findings(source, tenant, said, name)

    async def _others(self, source: str, tenant: str) -> dict[str, Definition | str]:
        """What the flows say that a text runs, and those that they run; or why not."""
        found: dict[str, Definition | str] = {}
        waiting = [each.flow for each in flows_in(read(source))] if is_definition(source) else []
        while waiting and len(found) < FOLLOWED:
            name = waiting.pop()
            if name in found:
                continue
            found[name] = said = await self._said(name, tenant)
            if isinstance(said, Definition):
                waiting.extend(each.flow for each in flows_in(said))
        return found

    async def _said(self, text: str, tenant: str) -> Definition | str:
        """What a flow says that is to be run, or why it cannot be."""
        try:
            if "/versions/" in text:
                name = parse_flow_version(text, tenant=tenant)
                version = await self._store.version(name)
                return f"no version `{name}`" if version is None else version_of(version).definition
            kept = await self._store.get(parse_flow(text, tenant=tenant))
        except InvalidRequest as fault:
            return fault.details.violations[0].description
        if kept is None:
            return f"no flow `{text}`"
        flow = flow_of(kept)
        published = flow.version(flow.published)
        return published.definition if published else f"no version of `{text}` is published"


def flow_of(kept: KeptFlow) -> Flow:
    """The flow with its published and its newest version, as they are kept."""
    shown = {number_of(kept.flow.published), kept.newest}
    versions = (version_of(each) for each in kept.versions if each.number in shown)
    return replace(kept.flow, versions=tuple(versions))
