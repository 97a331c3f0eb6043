"""Problems of a document, as messages."""

from facade.model.action import Problem
from gateway.v1 import problem_pb2 as pb

_SEVERITIES = {
    "error": pb.Problem.SEVERITY_ERROR,
    "warning": pb.Problem.SEVERITY_WARNING,
}


def problem_to(problem: Problem) -> pb.Problem:
    """One problem, with its place."""
    return pb.Problem(
        severity=_SEVERITIES[problem.severity],
        code=problem.code,
        message=problem.message,
        pointer=problem.pointer,
        line=problem.line,
        column=problem.column,
        source=problem.source,
        file=problem.file,
    )
