"""Examination: a document's actions at once, and all that is wrong with it when it is asked."""

from dataclasses import dataclass, replace
from functools import cached_property

from facade.errors.caller import InvalidSpec
from facade.errors.fault import Details, Violation
from facade.model.action import Problem
from facade.spec.bundling.bundle import Bundle, bundle
from facade.spec.bundling.files import Files
from facade.spec.bundling.report import trace, trace_notes
from facade.spec.document import Document
from facade.spec.limits import Limits
from facade.spec.load import load
from facade.spec.mapping import MappingReport
from facade.spec.mapping_rules import mapping_report
from facade.spec.report import report
from facade.spec.spec import Spec


@dataclass(frozen=True)
class Examination:
    """What reading a document came to."""

    text: str | bytes
    """The one document, also where it was made of several files."""
    spec: Spec
    openapi: str
    """The version of the standard that the document names."""
    files: Files | None = None
    """Those that it was made of, and how."""
    bundle: Bundle | None = None

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong or doubtful, in the document's order; looked for once."""
        found = report(self.text, self.spec.problems())
        if self.files is None or self.bundle is None:
            return found
        return trace(self.files, self.bundle, found)

    @cached_property
    def mapping(self) -> MappingReport:
        """What does not map exactly, each note in the file that it comes from; looked for once."""
        found = mapping_report(self.text, self.spec)
        if self.files is None or self.bundle is None:
            return found
        return replace(found, notes=trace_notes(self.files, self.bundle, found.notes))


@dataclass(frozen=True, slots=True)
class Examined:
    """What is left of an examination: what somebody wants to know of it."""

    spec: Spec
    openapi: str
    problems: tuple[Problem, ...]
    mapping: MappingReport


def examine(text: str | bytes, limits: Limits) -> Examination:
    """Reads a document; raises InvalidSpec where it cannot be read."""
    document, _ = load(text, limits=limits)
    return Examination(text, _spec(document, limits), document.version)


def examine_files(files: Files, made: Bundle | None = None) -> Examination:
    """Reads a document of several files; raises InvalidSpec where the root cannot be read.

    `made` is what they were bundled to, where that was done already.
    """
    made = made or bundle(files)
    if files.read == (files.root,) and not made.problems:
        return examine(files.data[files.root], files.limits)
    document, _ = load(made.text, limits=files.limits)
    spec = _spec(document, files.limits)
    return Examination(made.text, spec, document.version, files, made)


def _spec(document: Document, limits: Limits) -> Spec:
    spec = Spec(document)
    if len(spec) > limits.operations:
        description = f"has {len(spec)} operations; at most {limits.operations} are read"
        raise InvalidSpec(
            f"The document {description}.",
            details=Details(violations=(Violation(field="/paths", description=description),)),
        )
    return spec
