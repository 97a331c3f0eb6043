"""Signing: what Portico adds to a version's calls, and what of it Envoy can add or let through."""

from collections.abc import Iterator

from facade.errors.fault import Fault
from facade.model.action import Action, Location
from facade.model.credential import AwsSigV4, CustomHeaders, Digest, MutualTls
from facade.model.version import Version
from facade.policy.credentials.plain import place_of
from facade.policy.credentials.requirements import Chosen, chosen
from gateway.typed.envoy.shapes import Fit, together

COMPUTED = (AwsSigV4, Digest, MutualTls)
"""Kinds whose signature no caller can write down beforehand."""
SHOWN = "Portico signs it with a secret; here the caller sends `{name}` as metadata."


def signed(version: Version, action: Action) -> Fit:
    """How far Envoy's calls of an action are signed."""
    if version.destination.indirect:
        return Fit(reasons=("Its calls go through a facade.",))
    try:
        signing = chosen(version, action, version.passthrough)
    except Fault as fault:
        return Fit(reasons=(f"Portico does not call it either: {fault}.",))
    return together((*map(_credential, signing), *_variables(version), *_passed(version)))


def headers(version: Version) -> Iterator[tuple[str, str]]:
    """The headers that are the same for all calls."""
    for each in version.variables:
        if each.location is Location.HEADER and each.value is not None:
            yield each.name, each.value


def _credential(each: Chosen) -> Fit:
    kind = each.credential.kind
    if isinstance(kind, COMPUTED):
        return Fit(reasons=("Its calls are signed in a way that Envoy does not know.",))
    if isinstance(kind, CustomHeaders):
        names = tuple(SHOWN.format(name=name.lower()) for name in kind.headers)
        return Fit(limits=names)
    location, name = place_of(each.credential, each.scheme)
    if location is Location.HEADER:
        return Fit(limits=(SHOWN.format(name=name.lower()),))
    if location is Location.COOKIE:
        return Fit(limits=(SHOWN.format(name="cookie"),))
    return Fit(reasons=(f"Its key goes into the {location}.",))


def _variables(version: Version) -> Iterator[Fit]:
    for each in version.variables:
        if each.location is None or (each.value is None and each.secret is None):
            continue
        if each.location is not Location.HEADER:
            yield Fit(reasons=(f"The variable `{each.name}` goes into the {each.location}.",))
        elif each.value is None:
            yield Fit(limits=(SHOWN.format(name=each.name.lower()),))


def _passed(version: Version) -> Iterator[Fit]:
    for each in version.passthrough:
        if each.metadata != each.header.lower() or each.prefix:
            limit = f"What callers send as `{each.metadata}` they send as `{each.header.lower()}`"
            yield Fit(limits=(f"{limit} here, as `{each.prefix}…`.",))
