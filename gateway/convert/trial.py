"""Trials as messages, and what is asked of them."""

from facade.errors.fault import Fault
from facade.model.names import ActionName, parse_action
from facade.model.trial import LastTrial, Node, Prompt, Tried, Trying
from gateway.convert.mirror import NANOSECONDS
from gateway.status import to_status
from gateway.v1 import trial_pb2 as pb


def trying_from(request: pb.TestActionRequest, tenant: str) -> Trying:
    """What is to be tried; raises InvalidRequest."""
    return Trying(
        name=parse_action(request.name, "name", tenant),
        connection=request.connection,
        subject=request.subject,
        arguments=request.parameters_json,
        values=request.values_json,
        use_last=request.use_last,
        leave_empty=request.leave_empty,
        learn=request.learn,
    )


def asking_from(request: pb.GetTrialRequest, tenant: str) -> Trying:
    """Of what the prompts are wanted; raises InvalidRequest."""
    name: ActionName = parse_action(request.name, "name", tenant)
    return Trying(
        name=name,
        connection=request.connection,
        arguments=request.parameters_json,
        use_last=not request.parameters_json,
    )


def trial_to(last: LastTrial) -> pb.Trial:
    """What was given the last time, and what is asked for."""
    message = pb.Trial(
        parameters_json=last.arguments,
        values_json=last.values,
        prompts=map(_prompt, last.prompts),
    )
    if last.time is not None:
        message.time.FromDatetime(last.time)
    return message


def tried_to(tried: Tried) -> pb.TestActionResponse:
    """What a trial came to."""
    message = pb.TestActionResponse(
        prompts=map(_prompt, tried.prompts),
        method=tried.method,
        uri=tried.uri,
        http_status=tried.status,
        headers=(pb.TrialHeader(name=each.name, value=each.value) for each in tried.headers),
        nodes=map(_node, tried.nodes),
        cut=tried.cut,
        body_text=tried.text,
        body_size=tried.size,
        content_type=tried.content_type,
        warnings=tried.warnings,
        learnt_schema_json=tried.learnt,
        sent_parameters_json=tried.arguments,
        trace_id=tried.trace_id,
    )
    message.request_time.FromDatetime(tried.time)
    message.elapsed.FromNanoseconds(round(tried.seconds * NANOSECONDS))
    if tried.fault is not None:
        _put_fault(message, tried.fault)
    return message


def _put_fault(message: pb.TestActionResponse, fault: Fault) -> None:
    message.error.CopyFrom(to_status(fault, message.trace_id))
    message.cause, message.remedy = fault.cause, fault.remedy


def _prompt(prompt: Prompt) -> pb.Prompt:
    return pb.Prompt(
        name=prompt.name,
        arguments=prompt.arguments,
        type=prompt.type,
        description=prompt.description,
        last_json=prompt.last,
    )


def _node(node: Node) -> pb.BodyNode:
    return pb.BodyNode(
        path=node.path,
        name=node.name,
        depth=node.depth,
        type=node.type,
        text=node.text,
        size=node.size,
    )
