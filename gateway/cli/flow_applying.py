"""Flow files as the state that is wanted: what `portico apply` does, and `portico plan` tells."""

import grpc

from gateway.cli.flow_files import FlowFile, findings_of, flow_name, id_of
from gateway.cli.output import say
from gateway.cli.session import Session
from gateway.v1.flow_pb2 import (
    CreateFlowRequest,
    Flow,
    GetFlowRequest,
    PublishFlowRequest,
    UpdateFlowRequest,
)


def fits(session: Session, wanted: FlowFile) -> bool:
    """Whether the gateway could publish what a file says; says by line and column why not."""
    if wanted.file == "-":
        say("a flow on standard input has no name", "`portico flow create - FLOW`")
        return False
    found = findings_of(session, wanted.source)
    for each in found:
        say(f"{wanted.file}:{each.line}:{each.column}: {each.description}")
    return not found


def kept(session: Session, wanted: FlowFile) -> Flow | None:
    """The flow as it is now, if it is there; exits with 1 where nobody tells."""
    request = GetFlowRequest(name=flow_name(id_of(wanted.file, "")))
    try:
        found: Flow = session.flows.GetFlow(request, timeout=60)
    except grpc.RpcError as failure:
        if failure.code() is grpc.StatusCode.NOT_FOUND:
            return None
        session.fail(failure)
    return found


def saved(session: Session, wanted: FlowFile, known: Flow | None, *, dry_run: bool) -> Flow:
    """Makes the flow, or its next version where the file says something else than the newest."""
    flow = Flow(source=wanted.source)
    if known is None:
        made = CreateFlowRequest(flow_id=id_of(wanted.file, ""), flow=flow, validate_only=dry_run)
        return session.ask(session.flows.CreateFlow, made)
    flow.name, flow.etag = known.name, known.etag
    request = UpdateFlowRequest(flow=flow, validate_only=dry_run)
    request.update_mask.paths.append("source")
    return session.ask(session.flows.UpdateFlow, request)


def brought(session: Session, wanted: FlowFile, *, dry_run: bool) -> str:
    """Saves and publishes what a file says; gives `created`, `configured` or `unchanged`."""
    known = kept(session, wanted)
    flow = saved(session, wanted, known, dry_run=dry_run)
    stands = flow.published_version == flow.newest_version
    if not stands and not dry_run:
        request = PublishFlowRequest(name=flow.name, version=flow.newest_version, etag=flow.etag)
        session.ask(session.flows.PublishFlow, request)
    if known is None:
        return "created"
    return "unchanged" if stands else "configured"


def changes(session: Session, wanted: FlowFile) -> tuple[list[str], list[str]]:
    """What `brought` would do, and what was changed beside the file, in a few words each."""
    known = kept(session, wanted)
    flow = saved(session, wanted, known, dry_run=True)
    version = f"{flow.name}/versions/{flow.newest_version}"
    steps = []
    if known is None or known.newest_version != flow.newest_version:
        steps.append(f"create {version}")
    if flow.published_version != flow.newest_version:
        steps.append(f"publish {version}")
    suspended = known is not None and known.state == Flow.STATE_SUSPENDED
    return steps, [f"{flow.name} is suspended"] if suspended else []
