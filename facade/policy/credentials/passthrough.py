"""Passthrough: what the caller signs with itself, by the version's rules."""

from collections.abc import Iterator

from facade.errors.caller import InvalidRequest
from facade.errors.fault import Details, Violation
from facade.model.call import Plan
from facade.model.credential import Grant, OAuth2, Passthrough
from facade.policy.credentials.marks import Mark, header_flaw, incomplete, is_line


def given_by(plan: Plan) -> tuple[Passthrough, ...]:
    """The rules whose entries came with a call.

    Through a facade of ours each goes on under its own key, for the facade's rules to find; to
    the facade of somebody else none does.
    """
    version, metadata = plan.version, plan.metadata
    if version.destination.indirect:
        keys = version.metadata if version.destination.hops else ()
        return tuple(Passthrough(metadata=key, header=key) for key in keys if metadata.get(key))
    if not version.passthrough:
        return ()
    return tuple(each for each in version.passthrough if metadata.get(each.metadata))


def marks_by(plan: Plan, given: tuple[Passthrough, ...]) -> Iterator[Mark]:
    """What the rules write; raises InvalidRequest for an entry that cannot stand in a header."""
    for rule in given:
        if flaw := header_flaw(rule.header):
            raise incomplete(
                "a caller's credential cannot go where it is wanted",
                Violation(field="passthrough", description=f"the header `{rule.header}` {flaw}"),
            )
        value = _line(plan, rule.metadata)
        yield Mark(name=rule.header, value=rule.prefix + value, secrets=(value,))


def subject_of(plan: Plan, kind: OAuth2) -> str:
    """The caller's token that is to be exchanged; empty for other grants.

    Raises ConnectionIncomplete where it is missing, InvalidRequest where it is no token.
    """
    if kind.grant is not Grant.TOKEN_EXCHANGE:
        return ""
    if not plan.metadata.get(kind.subject_metadata):
        field = f"metadata.{kind.subject_metadata}"
        description = f"send the token to exchange as `{kind.subject_metadata}` with the call"
        raise incomplete(
            "the call lacks a credential of the caller's",
            Violation(field=field, description=description),
        )
    return _line(plan, kind.subject_metadata)


def _line(plan: Plan, entry: str) -> str:
    value = plan.metadata[entry]
    if not is_line(value):
        description = "must be one line of text"
        violation = Violation(field=f"metadata.{entry}", description=description)
        raise InvalidRequest(
            f"metadata.{entry}: {description}", details=Details(violations=(violation,))
        )
    return value
