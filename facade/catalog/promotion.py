"""Promotion: who gets the `live` calls, unless that breaks those who make them; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from facade.catalog import missing, traffic
from facade.catalog.verdicts import Verdicts, breaking
from facade.errors.caller import VersionBreaking
from facade.errors.fault import Details, Resource, Violation
from facade.model.change import Promote
from facade.model.difference import Difference, Finding, Verdict
from facade.model.version import State, Version

TOLD: Final = 20
"""Findings that a refusal tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a change set met: what its promotions are judged by."""

    serving: Version | None = None
    """The version that most callers know."""
    verdicts: Verdicts = field(default_factory=Verdicts)


def promoted(
    versions: Mapping[str, Version], change: Promote, standing: Standing, where: str
) -> dict[str, Version]:
    """The versions after one of them was promoted, by share or by rules.

    Raises VersionBreaking where it breaks those who call what serves, and Uncompared where that
    is not known.
    """
    key = change.name.version
    matches = dict(change.matches)
    if change.percent is None and matches:
        version = versions[key]
        state = State.READY if version.state is State.DEPRECATED else version.state
        ruled = replace(version, matches=matches, state=state, deprecation=None)
        return {**versions, key: ruled}
    _check(versions, change, standing, where)
    after = traffic.promote(versions, key, change.percent or traffic.WHOLE)
    after[key] = replace(after[key], matches=matches)
    return after


def _check(
    versions: Mapping[str, Version], change: Promote, standing: Standing, where: str
) -> None:
    """A version that has served is never refused: that is the way back."""
    version, serving = versions[change.name.version], standing.serving
    if change.allow_breaking or version.served or serving is None:
        return
    held = versions.get(serving.name.version)
    if held is None or held.create_time != serving.create_time:
        return  # what callers knew is gone already, by force
    found = standing.verdicts.between(serving, version)
    if found.verdict is not Verdict.SAFE:
        raise _refusal(found, serving, version, where)


def _refusal(found: Difference, old: Version, new: Version, where: str) -> VersionBreaking:
    worst = [*breaking(found)]
    more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
    first = f": {worst[0].message.removesuffix('.')}{more}" if worst else ""
    return VersionBreaking(
        f"{where}: `{new.name}` is {found.verdict} for those who call `{old.name}`{first}; "
        "set `allow_breaking` to promote it all the same",
        details=Details(
            violations=tuple(
                Violation(
                    field=_place(each), description=f"{each.verdict} [{each.rule}] {each.message}"
                )
                for each in worst[:TOLD]
            ),
            resource=Resource(type=missing.VERSION, name=str(new.name)),
        ),
    )


def _place(finding: Finding) -> str:
    place = finding.new or finding.old
    return (place.field or place.pointer or "/") if place else "/"
