"""Verdicts: what another version changes for those who call one, kept small."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from facade.catalog.version_diff import differing
from facade.errors.caller import InvalidSpec
from facade.model.difference import Compared, Difference, Finding, Verdict
from facade.model.names import VersionName
from facade.model.version import Version
from facade.spec.diff.compare import compare, worst
from facade.spec.diff.placing import placed
from facade.spec.diff.rules import finding
from facade.spec.diff.versions import next_id, step_of
from facade.spec.examination import examine
from facade.spec.limits import DEFAULT

MAX_FINDINGS: Final = 1_000
"""Findings that are kept of a version; the others are counted."""


class Uncompared(Exception):
    """Two versions have to be compared before a change can be judged: compare them, and retry."""

    def __init__(self, old: Version, new: Version) -> None:
        """Takes what serves, and what is to follow it."""
        super().__init__(f"{old.name} with {new.name}")
        self.old = old
        self.new = new


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The differences of documents that are known, by their digests, the older first."""

    known: dict[tuple[str, str], Difference] = field(default_factory=dict)

    def between(self, old: Version, new: Version) -> Difference:
        """What the new one changes; raises Uncompared where that is not known of its document."""
        if old.spec_digest == new.spec_digest:
            return whole(old, new, Difference())
        found = self.known.get((old.spec_digest, new.spec_digest))
        if found is None:
            raise Uncompared(old, new)
        return whole(old, new, found)

    def learn(self, old: Version, new: Version, found: Difference) -> None:
        """Takes the difference of their documents."""
        self.known[old.spec_digest, new.spec_digest] = found


def compared(old: str, new: str) -> Difference:
    """What one document changes for those who call by another, with lines. Takes its time.

    Where one of them cannot be read, as by a release that is stricter, it is not decided.
    """
    try:
        before, after = examine(old, DEFAULT), examine(new, DEFAULT)
    except InvalidSpec as fault:
        message = f"the documents could not be compared: {fault.message}"
        return Difference(
            verdict=Verdict.SOURCE_BREAKING,
            findings=(finding("undecided", message, "", ""),),
            step="major",
        )
    return placed(cut(compare(before.spec, after.spec)), before, after)


def cut(found: Difference) -> Difference:
    """Keeps the worst of the findings, and counts the others."""
    findings = sorted(found.findings, key=lambda each: -each.verdict.rank)
    omitted = found.omitted + max(len(findings) - MAX_FINDINGS, 0)
    return replace(found, findings=tuple(findings[:MAX_FINDINGS]), omitted=omitted)


def whole(old: Version, new: Version, documents: Difference) -> Difference:
    """Adds what differs in the versions beside their documents."""
    own = tuple(differing(old, new))
    verdict = worst((documents.verdict, *(each.verdict for each in own)))
    step = documents.step
    if own:
        step = step_of(verdict, differs=True, adds=bool(documents.actions or own))
    return cut(replace(documents, verdict=verdict, findings=(*own, *documents.findings), step=step))


def packed(against: str, found: Difference) -> Compared:
    """A difference as a version keeps it."""
    return Compared(
        against=against,
        verdict=found.verdict,
        suggested_id=next_id(against, found.step),
        packed=zlib.compress(msgspec.json.encode(found)),
    )


def unpacked(kept: Compared) -> Difference:
    """The difference that a version keeps."""
    return msgspec.json.decode(zlib.decompress(kept.packed), type=Difference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A difference as an answer tells it."""

    difference: Difference
    against: VersionName
    suggested_id: str = ""


FEW: Final = 20
"""Findings that the answer to a change tells; the version itself tells all."""


def told(version: Version, most: int | None) -> Told | None:
    """The difference that a version keeps, with so many of its findings; with 0 the verdict."""
    kept, name = version.difference, version.name
    if kept is None:
        return None
    against = VersionName(name.connector, kept.against, name.tenant)
    if most == 0:
        return Told(difference=Difference(verdict=kept.verdict), against=against)
    found = unpacked(kept)
    findings = found.findings[:most]
    omitted = found.omitted + len(found.findings) - len(findings)
    found = replace(found, findings=findings, omitted=omitted)
    return Told(difference=found, against=against, suggested_id=kept.suggested_id)


def breaking(found: Difference) -> Iterator[Finding]:
    """The findings that are not safe."""
    return (each for each in found.findings if each.verdict is not Verdict.SAFE)


def serving(versions: Mapping[str, Version] | Iterable[Version]) -> Version | None:
    """The one that most callers know: with the largest share, of equals the newest."""
    held = versions.values() if isinstance(versions, Mapping) else versions
    live = [each for each in held if each.traffic_percent]
    if not live:
        return None
    return max(reversed(live), key=lambda each: each.traffic_percent)
