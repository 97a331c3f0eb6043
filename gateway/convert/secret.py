"""Secrets that are kept, as messages and back."""

from collections.abc import Sequence

from facade.catalog.secret_request import change_of
from facade.model.secret import Secret
from facade.secrets.safe import Change, Rotation
from gateway.convert.version import timestamp
from gateway.v1 import secret_pb2 as pb


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


def change_from(message: pb.Secret, paths: Sequence[str] = ()) -> Change:
    """The named fields, every populated one, or with `*` all; raises InvalidRequest."""
    return change_of(message.value, dict(message.labels), message.notes, paths)
