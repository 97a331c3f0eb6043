"""Secrets that are kept, as messages and back."""

from collections.abc import Iterator, Sequence

from facade.catalog.draft import check_labels
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.names import ID
from facade.model.secret import Secret, SecretName
from facade.secrets.safe import Change, Rotation
from gateway.convert.version import timestamp
from gateway.v1 import secret_pb2 as pb

UPDATABLE = ("value", "labels", "notes")

LONGEST_NOTES = 4096


def secret_to(secret: Secret) -> pb.Secret:
    """What is told of a secret."""
    return pb.Secret(
        name=str(secret.name),
        labels=secret.labels,
        notes=secret.notes,
        fingerprint=secret.fingerprint,
        revision=secret.revision,
        key_label=secret.key_label,
        etag=secret.etag,
        create_time=timestamp(secret.create_time),
        update_time=timestamp(secret.update_time),
    )


def rotation_to(rotation: Rotation) -> pb.RotateSecretsResponse:
    """How far a rotation has come."""
    return pb.RotateSecretsResponse(
        key_label=rotation.key_label,
        rotated_count=rotation.rotated,
        remaining_count=rotation.remaining,
        unreadable_count=rotation.unreadable,
    )


def new_name(secret_id: str) -> SecretName:
    """The name of a new secret; raises InvalidRequest."""
    if not ID.fullmatch(secret_id):
        raise invalid(Violation(field="secret_id", description=f"must match ^{ID.pattern}$"))
    return SecretName(secret_id)


def change_from(message: pb.Secret, paths: Sequence[str] = ()) -> Change:
    """The named fields, every populated one, or with `*` all; raises InvalidRequest."""
    found = [*_flaws(message), *_unknown(paths)]
    if found:
        raise invalid(*found)
    populated = tuple(path for path in UPDATABLE if getattr(message, path))
    chosen = UPDATABLE if "*" in paths else tuple(paths) or populated
    return Change(
        value=message.value if "value" in chosen else None,
        labels=dict(message.labels) if "labels" in chosen else None,
        notes=message.notes if "notes" in chosen else None,
    )


def _flaws(message: pb.Secret) -> Iterator[Violation]:
    yield from check_labels(message.labels, "secret.labels")
    if len(message.notes) > LONGEST_NOTES:
        yield Violation(field="secret.notes", description=f"at most {LONGEST_NOTES} characters")


def _unknown(paths: Sequence[str]) -> Iterator[Violation]:
    for path in paths:
        if path != "*" and path not in UPDATABLE:
            yield Violation(field="update_mask", description=f"`{path[:63]}` cannot be updated")
