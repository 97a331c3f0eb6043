"""Version diff: what differs between two versions beside their documents; pure."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from facade.model.credential import KIND_NAMES, Credential
from facade.model.difference import Finding, Place, Verdict
from facade.model.version import Destination, Variable, Version
from facade.spec.diff.rules import Rule

SAFE, SOURCE, WIRE = Verdict.SAFE, Verdict.SOURCE_BREAKING, Verdict.WIRE_BREAKING

VERSION_RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "credential-added": Rule(SAFE, "The gateway signs by one more security scheme."),
        "credential-removed": Rule(WIRE, "The gateway does not sign by a scheme any more."),
        "credential-changed": Rule(WIRE, "The gateway signs in another way, or elsewhere."),
        "credential-source-changed": Rule(SAFE, "The gateway signs with another secret."),
        "caller-credential-added": Rule(WIRE, "Callers have to send one more metadata entry."),
        "caller-credential-removed": Rule(WIRE, "A metadata entry of callers signs no more."),
        "variable-added": Rule(SAFE, "A variable is new, and has a value or may be left out."),
        "variable-required": Rule(WIRE, "A value has to be given now that was not needed."),
        "variable-relaxed": Rule(SAFE, "A value may be left out now, or be another."),
        "variable-removed": Rule(WIRE, "A value that could be given is taken no more."),
        "variable-dropped": Rule(SAFE, "A fixed value is not sent to the backend any more."),
        "variable-narrowed": Rule(WIRE, "A value that could be given is not allowed any more."),
        "variable-moved": Rule(SAFE, "A value goes to another place of the request."),
        "value-changed": Rule(SAFE, "The backend is sent another fixed value."),
        "server-changed": Rule(SAFE, "Calls go elsewhere."),
        "connectivity-changed": Rule(SAFE, "Calls go through a facade now, or no more."),
        "facade-credential-changed": Rule(SAFE, "Calls to the facade are signed in another way."),
    }
)
"""What can differ, as the rules of documents have it. Callers are those who give connections
their values and credentials, too."""


def differing(old: Version, new: Version) -> Iterator[Finding]:
    """What differs in authentication, variables and connectivity."""
    yield from _credentials(old, new)
    yield from _callers(old, new)
    yield from _variables(old, new)
    yield from _destination(old.destination, new.destination)


def _credentials(old: Version, new: Version) -> Iterator[Finding]:
    before = {each.scheme: each for each in old.credentials}
    after = {each.scheme: each for each in new.credentials}
    for scheme in sorted(before.keys() | after.keys()):
        field = f"credentials[{scheme}]"
        one, other = before.get(scheme), after.get(scheme)
        if one is None:
            message = f"calls are signed by `{scheme}` too"
            yield _found("credential-added", message, new=field)
        elif other is None:
            message = f"nothing signs by `{scheme}` any more"
            yield _found("credential-removed", message, old=field)
        elif _way(one) != _way(other):
            message = f"`{scheme}` was signed by {_kind(one)}, and is by {_kind(other)}"
            if _kind(one) == _kind(other):
                message = f"what signs `{scheme}` goes to another place"
            yield _found("credential-changed", message, old=field, new=field)
        elif one != other:
            message = f"`{scheme}` is signed with another secret, or by other settings"
            yield _found("credential-source-changed", message, old=field, new=field)


def _callers(old: Version, new: Version) -> Iterator[Finding]:
    before, after = set(old.metadata), set(new.metadata)
    for key in sorted(after - before):
        message = f"callers have to send the metadata `{key}`"
        yield _found("caller-credential-added", message, new=_sent(new, key))
    for key in sorted(before - after):
        message = f"the metadata `{key}` of callers signs no more"
        yield _found("caller-credential-removed", message, old=_sent(old, key))


def _sent(version: Version, key: str) -> str:
    """The field that asks callers for a metadata entry."""
    if any(each.metadata == key for each in version.passthrough):
        return f"passthrough[{key}]"
    return "credentials"


def _variables(old: Version, new: Version) -> Iterator[Finding]:
    before = {each.name: each for each in old.variables}
    after = {each.name: each for each in new.variables}
    for name in sorted(before.keys() | after.keys()):
        field = f"backend_variables[{name}]"
        one, other = before.get(name), after.get(name)
        if other is None and one is not None:
            rule = "variable-removed" if _given(one) else "variable-dropped"
            yield _found(rule, f"the variable `{name}` is gone", old=field)
        elif one is None and other is not None:
            needed = _needed(other)
            rule = "variable-required" if needed else "variable-added"
            words = "is new, and its value has to be given" if needed else "is new"
            yield _found(rule, f"the variable `{name}` {words}", new=field)
        elif one is not None and other is not None and one != other:
            rule, words = _changed(one, other)
            yield _found(rule, f"the variable `{name}` {words}", old=field, new=field)


def _changed(old: Variable, new: Variable) -> tuple[str, str]:
    """The worst of what differs in a variable."""
    if _needed(new) and not _needed(old):
        return "variable-required", "has to be given now"
    if _given(old) and not _given(new):
        return "variable-removed", "cannot be given any more"
    if _given(new) and _narrower(old, new):
        return "variable-narrowed", "does not take every value that it took"
    if old.location is not new.location:
        return "variable-moved", "goes to another place of the request"
    if (old.value, old.secret) != (new.value, new.secret):
        return "value-changed", "has another value"
    return "variable-relaxed", "is asked for less strictly, or said in other words"


def _given(variable: Variable) -> bool:
    """Whether somebody else than the version says its value."""
    return variable.overridable or (variable.value is None and variable.secret is None)


def _needed(variable: Variable) -> bool:
    """Whether somebody else has to say it."""
    held = variable.value is not None or variable.secret is not None
    return not held and (variable.required or variable.required_when is not None)


def _narrower(old: Variable, new: Variable) -> bool:
    fewer = bool(new.choices) and (not old.choices or not set(old.choices) <= set(new.choices))
    pattern = bool(new.pattern) and new.pattern != old.pattern
    return fewer or pattern or (old.type is not new.type and new.type.value != "string")


def _destination(old: Destination, new: Destination) -> Iterator[Finding]:
    if old.indirect != new.indirect:
        message = f"calls go {'through a facade now' if new.indirect else 'to the backend itself'}"
        fields = ("indirect" if each.indirect else "direct" for each in (old, new))
        yield _found("connectivity-changed", message, *fields)
    elif (old.uri, old.others, old.balancing) != (new.uri, new.others, new.balancing):
        field = "indirect.facade_uri" if new.indirect else "direct.base_uri"
        message = f"calls go to {new.uri or 'the documented servers'} now"
        yield _found("server-changed", message, field, field)
    if old.credential != new.credential and old.indirect and new.indirect:
        field = "indirect.facade_credential"
        yield _found(
            "facade-credential-changed",
            "calls to the facade are signed in another way",
            field,
            field,
        )


def _way(credential: Credential) -> tuple[object, ...]:
    """How a credential signs, without the secrets that it signs with."""
    return _kind(credential), credential.location, credential.parameter


def _kind(credential: Credential) -> str:
    return KIND_NAMES[type(credential.kind)]


def _found(rule: str, message: str, old: str = "", new: str = "") -> Finding:
    """A finding by the fields of the version where it stands."""
    return Finding(
        rule=rule,
        verdict=VERSION_RULES[rule].verdict,
        message=f"{message[:1].upper()}{message[1:500]}.",
        old=Place(pointer="", field=old) if old else None,
        new=Place(pointer="", field=new) if new else None,
    )
