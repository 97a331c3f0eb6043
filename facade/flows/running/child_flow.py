"""Child flows: which version of a flow a name means when another flow runs it."""

from facade.errors.flows import FlowUnpublished
from facade.flows.running.collaborators import FindsFlows
from facade.model.flow import Flow, FlowVersion, FlowVersionName
from facade.model.flow_names import parse_flow, parse_flow_version


async def child_version(flows: FindsFlows, name: str, tenant: str) -> tuple[Flow, FlowVersion]:
    """The flow and version of a name; of a flow alone, what it has published.

    Raises InvalidRequest, FlowNotFound, FlowVersionNotFound, FlowUnpublished.
    """
    if "/versions/" in name:
        wanted = parse_flow_version(name, "flow", tenant)
    else:
        wanted = FlowVersionName(parse_flow(name, "flow", tenant).flow, "", tenant)
    flow = await flows.get(wanted.parent)
    id_ = wanted.version or flow.published
    if not id_:
        raise FlowUnpublished(f"flow: `{flow.name}` has no published version")
    return flow, await flows.version(FlowVersionName(wanted.flow, id_, tenant))
