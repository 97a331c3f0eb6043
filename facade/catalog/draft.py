"""What is wrong with a draft, by field of ConnectorVersion; pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address

from facade.catalog.credential_check import (
    check_credential,
    check_passthrough,
    check_reference,
    check_uri,
)
from facade.catalog.policy_check import check_policy
from facade.catalog.variable_draft import check_variables
from facade.errors.fault import Violation
from facade.model.change import Draft
from facade.model.credential import Credential
from facade.model.field_names import TOKEN
from facade.model.version import Destination, Network

MAX_LABELS = 64
MAX_LABEL = 63

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no text has: PostgreSQL keeps no NUL, and terminals and logs obey the others."""


def check_draft(draft: Draft, field: str) -> Iterator[Violation]:
    """Everything that forbids making a version of a draft; values of secrets are never told."""
    if draft.spec_uri:
        yield from check_uri(draft.spec_uri, f"{field}.spec_uri")
    elif not (draft.spec_text or draft.spec_archive):
        yield Violation(field=f"{field}.spec_text", description="a document is required")
    if draft.spec_root and not draft.spec_archive:
        yield Violation(field=f"{field}.spec_root", description="names a file of `spec_archive`")
    yield from _check_destination(draft.destination, field)
    for number, credential in enumerate(draft.credentials):
        yield from check_credential(credential, f"{field}.credentials[{number}]")
    yield from check_schemes(draft.credentials, f"{field}.credentials")
    for number, rule in enumerate(draft.passthrough):
        yield from check_passthrough(rule, f"{field}.passthrough[{number}]")
    yield from _check_network(draft.destination.network, f"{field}.network")
    yield from check_variables(draft.variables, f"{field}.backend_variables")
    yield from check_policy(draft.policy, f"{field}.policy")
    yield from check_labels(draft.labels, f"{field}.labels")
    yield from check_text(draft.notes, f"{field}.notes")


def check_text(text: str, field: str) -> Iterator[Violation]:
    """Titles, descriptions and notes: whatever people read, with line breaks and tabs."""
    if CONTROLS.search(text):
        said = "has control characters; of these, line breaks and tabs alone may be there"
        yield Violation(field=field, description=said)


def check_labels(labels: Mapping[str, str], field: str) -> Iterator[Violation]:
    """At most 64 labels, keys and values of at most 63 characters."""
    if len(labels) > MAX_LABELS:
        yield Violation(field=field, description=f"at most {MAX_LABELS} labels")
    for key, value in labels.items():
        yield from check_text(f"{key}{value}", f"{field}.{key[:MAX_LABEL]}")
        if not 0 < len(key) <= MAX_LABEL or len(value) > MAX_LABEL:
            yield Violation(
                field=f"{field}.{key[:MAX_LABEL]}",
                description=f"a label's key and value have at most {MAX_LABEL} characters",
            )


def check_schemes(credentials: Sequence[Credential], field: str) -> Iterator[Violation]:
    """One credential for each scheme: of two it would be chance which one signs."""
    known: set[str] = set()
    for number, credential in enumerate(credentials):
        if credential.scheme in known:
            yield Violation(
                field=f"{field}[{number}].scheme",
                description=f"`{credential.scheme[:63]}` has a credential already",
            )
        known.add(credential.scheme)


def _check_destination(destination: Destination, field: str) -> Iterator[Violation]:
    where, more = f"{field}.direct.base_uri", f"{field}.direct.more_base_uris"
    if destination.indirect:
        where, more = f"{field}.indirect.facade_uri", f"{field}.indirect.more_facade_uris"
    if destination.uri:
        yield from check_uri(destination.uri, where)
    for number, uri in enumerate(destination.others):
        yield from check_uri(uri, f"{more}[{number}]")
    if destination.mark and not TOKEN.fullmatch(destination.mark):
        yield Violation(
            field=f"{field}.indirect.mark", description="must be the name of a header, or `none`"
        )
    if destination.others and not destination.uri:
        yield Violation(
            field=where, description="is required where there are more servers, which come after it"
        )
    if destination.credential is not None:
        yield from check_credential(
            destination.credential, f"{field}.indirect.facade_credential", named=False
        )


def _check_network(network: Network, field: str) -> Iterator[Violation]:
    if network.ca:
        yield from check_reference(network.ca, f"{field}.ca_secret")
    if network.source_address and not _is_address(network.source_address):
        yield Violation(field=f"{field}.source_address", description="must be an IP address")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
