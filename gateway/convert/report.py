"""ValidateSpec's messages."""

from dataclasses import asdict

from facade.catalog.reading import Read
from facade.catalog.request import invalid
from facade.catalog.verdicts import Told
from facade.errors.fault import Violation
from facade.model.change import Draft
from facade.model.names import ANY, ActionName
from facade.spec.mapping import Fidelity, MappingReport
from gateway.convert.action import action_to
from gateway.convert.difference import difference_to
from gateway.convert.problem import problem_to
from gateway.v1 import catalog_pb2 as pb
from gateway.v1.mapping_pb2 import MappingNote, MappingTally
from gateway.v1.mapping_pb2 import MappingReport as MappingMessage

_FIDELITIES = {
    Fidelity.APPROXIMATE: MappingNote.FIDELITY_APPROXIMATE,
    Fidelity.OPAQUE: MappingNote.FIDELITY_OPAQUE,
}


def spec_from(request: pb.ValidateSpecRequest) -> Draft:
    """A document as a draft has it; raises InvalidRequest where none is given."""
    if not (request.spec_text or request.spec_uri or request.spec_archive):
        raise invalid(Violation(field="spec_text", description="a document is required"))
    return Draft(
        spec_text=request.spec_text,
        spec_uri=request.spec_uri,
        spec_archive=request.spec_archive,
        spec_root=request.spec_root,
    )


def report_to(read: Read, told: Told | None = None) -> pb.ValidateSpecResponse:
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
        mapping=_mapping_to(read.mapping),
        difference=difference_to(told),
    )


def _mapping_to(report: MappingReport) -> MappingMessage:
    return MappingMessage(
        tallies=[MappingTally(**asdict(each)) for each in report.tallies],
        notes=[
            MappingNote(
                fidelity=_FIDELITIES[each.fidelity],
                code=each.code,
                message=each.message,
                pointer=each.pointer,
                line=each.line,
                column=each.column,
                source=each.source,
                remedy=each.remedy,
                overlay=each.overlay,
                file=each.file,
            )
            for each in report.notes
        ],
    )
