"""Differences of versions, as messages."""

from facade.catalog.verdicts import Told
from facade.model.difference import Finding, Place, Verdict
from gateway.v1 import difference_pb2 as pb

_VERDICTS = {
    Verdict.SAFE: pb.VERDICT_SAFE,
    Verdict.SOURCE_BREAKING: pb.VERDICT_SOURCE_BREAKING,
    Verdict.WIRE_BREAKING: pb.VERDICT_WIRE_BREAKING,
}


def difference_to(told: Told | None) -> pb.Difference | None:
    """A difference; None where there is none."""
    if told is None:
        return None
    found = told.difference
    return pb.Difference(
        verdict=_VERDICTS[found.verdict],
        against=str(told.against),
        actions={name: _VERDICTS[each] for name, each in found.actions.items()},
        findings=[_finding_to(each) for each in found.findings],
        omitted_findings=found.omitted,
        step=found.step,
        suggested_version=found.suggested,
        suggested_version_id=told.suggested_id,
    )


def _finding_to(finding: Finding) -> pb.DifferenceFinding:
    return pb.DifferenceFinding(
        rule=finding.rule,
        verdict=_VERDICTS[finding.verdict],
        message=finding.message,
        action=finding.action,
        old_place=_place_to(finding.old),
        new_place=_place_to(finding.new),
    )


def _place_to(place: Place | None) -> pb.DifferencePlace | None:
    if place is None:
        return None
    return pb.DifferencePlace(
        pointer=place.pointer, line=place.line, column=place.column, field=place.field
    )
