"""ValidateSpec's messages."""

from facade.catalog.documents import Read
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.names import ANY, ActionName
from gateway.convert.action import action_to
from gateway.convert.problem import problem_to
from gateway.v1 import catalog_pb2 as pb


def spec_from(request: pb.ValidateSpecRequest) -> tuple[str, str]:
    """The text and the address of a document, of which one is given; raises InvalidRequest."""
    if not (request.spec_text or request.spec_uri):
        raise invalid(Violation(field="spec_text", description="a document is required"))
    return request.spec_text, request.spec_uri


def report_to(read: Read) -> pb.ValidateSpecResponse:
    """What is wrong or doubtful; the actions are named as of no connector and no version.

    Looks at all of the document, which takes its time: for a thread.
    """
    actions = [read.spec.action(each) for each in read.spec.ids]
    return pb.ValidateSpecResponse(
        openapi_version=read.openapi,
        action_count=len(actions),
        unsupported_actions=[
            action_to(ActionName(ANY, ANY, each.id), each, full=False)
            for each in actions
            if each.problems
        ],
        problems=[problem_to(each) for each in read.problems],
    )
