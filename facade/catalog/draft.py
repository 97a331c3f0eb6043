"""What is wrong with a draft, by field of ConnectorVersion; pure."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from facade.errors.fault import Code, Violation
from facade.model.action import Location
from facade.model.change import Draft
from facade.model.version import (
    ApiKey,
    Basic,
    Bearer,
    Credential,
    Destination,
    ErrorRule,
    Policy,
    Variable,
)

SECRET = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\r\n\0]+")
"""A secret reference; whether it may be read is decided where it is read."""

MAX_LABELS = 64
MAX_LABEL = 63
MAX_TIMEOUT = 300.0

_KEY_PLACES = {Location.HEADER, Location.QUERY, Location.COOKIE}


def check_draft(draft: Draft, field: str) -> Iterator[Violation]:
    """Everything that forbids making a version of a draft; values of secrets are never told."""
    if draft.spec_uri:
        yield from _check_uri(draft.spec_uri, f"{field}.spec_uri")
    elif not (draft.spec_text or draft.spec_archive):
        yield Violation(field=f"{field}.spec_text", description="a document is required")
    if draft.spec_root and not draft.spec_archive:
        yield Violation(field=f"{field}.spec_root", description="names a file of `spec_archive`")
    yield from _check_destination(draft.destination, field)
    for number, credential in enumerate(draft.credentials):
        yield from _check_credential(credential, f"{field}.credentials[{number}]")
    for number, variable in enumerate(draft.variables):
        yield from _check_variable(variable, f"{field}.backend_variables[{number}]")
    yield from _check_policy(draft.policy, f"{field}.policy")
    yield from check_labels(draft.labels, f"{field}.labels")


def check_labels(labels: Mapping[str, str], field: str) -> Iterator[Violation]:
    """At most 64 labels, keys and values of at most 63 characters."""
    if len(labels) > MAX_LABELS:
        yield Violation(field=field, description=f"at most {MAX_LABELS} labels")
    for key, value in labels.items():
        if not 0 < len(key) <= MAX_LABEL or len(value) > MAX_LABEL:
            yield Violation(
                field=f"{field}.{key[:MAX_LABEL]}",
                description=f"a label's key and value have at most {MAX_LABEL} characters",
            )


def _check_destination(destination: Destination, field: str) -> Iterator[Violation]:
    where = f"{field}.indirect.facade_uri" if destination.indirect else f"{field}.direct.base_uri"
    if destination.uri:
        yield from _check_uri(destination.uri, where)
    elif destination.indirect:
        yield Violation(field=where, description="the facade's address is required")
    for number, uri in enumerate(destination.others):
        yield from _check_uri(uri, f"{field}.direct.more_base_uris[{number}]")
    if destination.others and not destination.uri:
        yield Violation(
            field=where, description="is required beside `more_base_uris`, which come after it"
        )
    if destination.credential is not None:
        yield from _check_credential(
            destination.credential, f"{field}.indirect.facade_credential", named=False
        )


def _check_uri(text: str, field: str) -> Iterator[Violation]:
    problem = ""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises where the port is none
    except ValueError:
        problem = "is not a URL"
    else:
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            problem = "must be an absolute http or https URL"
        elif parts.username is not None or parts.password is not None:
            problem = "must hold no name or password; use a credential"
        elif parts.fragment:
            problem = "must hold no fragment"
    if problem:
        yield Violation(field=field, description=problem)


def _check_credential(
    credential: Credential, field: str, *, named: bool = True
) -> Iterator[Violation]:
    if named and not credential.scheme:
        yield Violation(
            field=f"{field}.scheme", description="the name of a security scheme is required"
        )
    part, secret = _secret(credential)
    if not SECRET.fullmatch(secret):
        yield Violation(
            field=f"{field}.{part}",
            description="a secret is named, never given: write `env:NAME` or `file:PATH`",
        )
    if credential.location is not None and credential.location not in _KEY_PLACES:
        yield Violation(field=f"{field}.location", description="must be header, query or cookie")
    if (credential.location is None) != (not credential.parameter):
        yield Violation(
            field=f"{field}.parameter", description="location and parameter go together"
        )


def _secret(credential: Credential) -> tuple[str, str]:
    match credential.kind:
        case Basic(password=secret):
            return "basic.password_secret", secret
        case Bearer(token=secret):
            return "bearer.token_secret", secret
        case ApiKey(key=secret):
            return "api_key.key_secret", secret


def _check_variable(variable: Variable, field: str) -> Iterator[Violation]:
    if not variable.name:
        yield Violation(field=f"{field}.key", description="a name is required")
    if variable.value is not None and variable.secret is not None:
        yield Violation(field=field, description="give a value or a secret, not both")
    if variable.secret is not None and not SECRET.fullmatch(variable.secret):
        yield Violation(
            field=f"{field}.secret",
            description="a secret is named, never given: write `env:NAME` or `file:PATH`",
        )


def _check_policy(policy: Policy, field: str) -> Iterator[Violation]:
    if not 0 < policy.timeout <= MAX_TIMEOUT:
        yield Violation(field=f"{field}.timeout", description="more than 0 and at most 300 seconds")
    for number, status in enumerate(policy.success_statuses):
        if not 100 <= status <= 599:
            yield Violation(
                field=f"{field}.success_statuses[{number}]", description="from 100 to 599"
            )
    for number, rule in enumerate(policy.error_rules):
        yield from _check_rule(rule, f"{field}.error_rules[{number}]")


def _check_rule(rule: ErrorRule, field: str) -> Iterator[Violation]:
    if rule.status and not 100 <= rule.status <= 599:
        yield Violation(field=f"{field}.http_status", description="from 100 to 599, or 0")
    if rule.code is Code.OK:
        yield Violation(field=f"{field}.code", description="the code of an error is required")
    for name, pointer in (("pointer", rule.pointer), ("message_pointer", rule.message_pointer)):
        if pointer and not pointer.startswith("/"):
            yield Violation(field=f"{field}.{name}", description="a JSON pointer begins with `/`")
