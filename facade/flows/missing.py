"""The faults of flows that are not there, with what may have been meant, or that are suspended."""

import difflib
from collections.abc import Iterable

from facade.errors.fault import Details, Resource, hint_of
from facade.errors.flows import FlowNotFound, FlowSuspended, FlowVersionNotFound
from facade.model.flow import Flow, FlowName, FlowState, FlowVersionName

FLOW = "gateway.v1/Flow"
FLOW_VERSION = "gateway.v1/FlowVersion"


def no_flow(name: FlowName, known: Iterable[str] = ()) -> FlowNotFound:
    """Says which flows of the tenant have a similar id."""
    close = difflib.get_close_matches(name.flow, list(known), n=3, cutoff=0.6)
    meant = tuple(str(FlowName(each)) for each in close)
    return FlowNotFound(
        f"no flow `{name}`{hint_of(meant)}",
        details=Details(resource=Resource(type=FLOW, name=str(name), suggestions=meant)),
    )


def no_flow_version(name: FlowVersionName) -> FlowVersionNotFound:
    """Says that a flow has no such version."""
    return FlowVersionNotFound(
        f"no version `{name}`",
        details=Details(resource=Resource(type=FLOW_VERSION, name=str(name))),
    )


def about(name: FlowName) -> Details:
    """What a fault of a flow that is there carries."""
    return Details(resource=Resource(type=FLOW, name=str(name)))


def refuse_suspended(flow: Flow) -> None:
    """Raises FlowSuspended where nothing new of the flow is to run."""
    if flow.state is FlowState.SUSPENDED:
        said = f"`{flow.name}` is suspended: {flow.state_description}"
        raise FlowSuspended(said, details=about(flow.name))
