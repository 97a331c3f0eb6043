"""Secrets that are kept here, by field: a value goes in and never out."""

from facade.app.api.form.form import LABELS, Field, Form, Way
from facade.app.api.form.resource import CREATE_TIME, UPDATE_TIME
from facade.app.api.form.scalar import NAME, PROSE, TEXT, WHOLE, at_most
from facade.catalog.secret_request import LONGEST_NOTES

SECRET = Form(
    "Secret",
    "A secret that is kept sealed.",
    (
        Field("name", NAME, "Format: secrets/{secret}"),
        Field(
            "value",
            TEXT,
            "The value: at most 65,536 bytes of text. It is never told again.",
            way=Way.IN,
        ),
        Field(
            "labels",
            LABELS,
            "For sorting and finding; at most 64, keys and values of at most 63 characters.",
        ),
        Field(
            "notes",
            at_most(LONGEST_NOTES, PROSE),
            "Words for people: whose it is, who renews it. At most 4,096 characters.",
        ),
        Field(
            "fingerprint",
            TEXT,
            "Tells whether the value is another than before, and nothing of the value: a digest "
            "with a key of the secret's own.",
            way=Way.OUT,
        ),
        Field("revision", WHOLE, "How many values it has had.", way=Way.OUT),
        Field("key_label", TEXT, "Which key of the key ring seals it.", way=Way.OUT),
        Field("etag", TEXT, "Changes with every change of value, labels or notes."),
        CREATE_TIME,
        UPDATE_TIME,
    ),
)

ROTATION = Form(
    "RotateSecretsResponse",
    "Response message for SecretService.RotateSecrets.",
    (
        Field("key_label", TEXT, "Of the first key of the key ring."),
        Field("rotated_count", WHOLE, "How many secrets it has sealed anew.", own="rotated"),
        Field(
            "remaining_count",
            WHOLE,
            "How many another key of the ring still seals: repeat the call for them. Once there "
            "are none, that key can go.",
            own="remaining",
        ),
        Field("unreadable_count", WHOLE, "How many no key of the ring opens.", own="unreadable"),
    ),
)
