"""Rows of the ledger and the envelopes in them, one from the other; pure."""

import hashlib
from dataclasses import replace

import msgspec

from facade.model.secret import Secret, SecretName
from facade.secrets.envelope import Envelope, SecretPlace
from facade.stores.secrets import SecretRow


def place_of(row: SecretRow) -> SecretPlace:
    """The place that a row's envelope is sealed for."""
    return SecretPlace(tenant=row.tenant, secret=row.id)


def envelope_in(row: SecretRow) -> Envelope:
    """The envelope in a row."""
    return Envelope(
        data_key=row.data_key,
        value=row.value,
        revision=row.revision,
        fingerprint=row.fingerprint,
    )


def with_envelope(row: SecretRow, envelope: Envelope) -> SecretRow:
    """The row with another envelope."""
    return replace(
        row,
        data_key=envelope.data_key,
        key_label=envelope.label.hex(),
        value=envelope.value,
        revision=envelope.revision,
        fingerprint=envelope.fingerprint,
    )


def with_etag(row: SecretRow) -> SecretRow:
    """The row with the etag of what it now says; a state that comes back has another one."""
    said = msgspec.json.encode([row.etag, row.value, row.labels, row.notes], order="sorted")
    return replace(row, etag=hashlib.sha256(said).hexdigest()[:32])


def told(row: SecretRow) -> Secret:
    """What may be told of a row."""
    return Secret(
        name=SecretName(row.id, row.tenant),
        labels=row.labels,
        notes=row.notes,
        fingerprint=row.fingerprint,
        revision=row.revision,
        key_label=row.key_label,
        etag=row.etag,
        create_time=row.create_time,
        update_time=row.update_time,
    )
