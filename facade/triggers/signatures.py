"""Signatures of messages: Standard Webhooks, v1 (HMAC-SHA-256 over id, time and the raw bytes).

The library of that name reads the system's clock, takes texts alone and raises what it likes for
a malformed field; here the bytes are judged as they came, in constant time.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from facade.errors.triggers import WebhookRefused

TOLERANCE: Final = 300
"""Seconds by which a message's time may differ from the time here."""

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"

PREFIX: Final = "whsec_"
"""What secrets begin with as they are told."""

LONGEST_ID: Final = 256
MOST: Final = 16
"""Signatures that are looked at: a sender has as many as it has secrets."""

TIME: Final = re.compile(r"[0-9]{1,12}")
PLAIN_ID: Final = re.compile(r"[!-\-/-~]+")
"""Visible, and without the dot that ends it where it is signed: else what begins a body could be
taken for the time, and one message sent again as another."""

REFUSED: Final = "The message is not signed by a secret of this address, or not now."
"""The same words whatever it is: nobody learns how near they were."""


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """The id of a message that one of the keys has signed; raises WebhookRefused.

    `headers` by lower-case name. Every key and every signature is tried, so that the time it takes
    does not tell which of them fits.
    """
    id_, time = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    flawed = len(id_) > LONGEST_ID or not PLAIN_ID.fullmatch(id_) or not TIME.fullmatch(time)
    said = f"{id_}.{time}.".encode("utf-8", "surrogateescape") + body
    shown = tuple(map(_shown, headers.get(SIGNATURE, "").split(" ")[:MOST]))
    fits = False
    for key in keys or (b"\0",):
        made = hmac.digest(key, said, "sha256")
        for each in shown:
            fits |= hmac.compare_digest(made, each)
    late = flawed or abs(now - int(time)) > TOLERANCE
    if late or not (fits and keys):
        raise WebhookRefused(REFUSED)
    return id_


def text_of(key: bytes) -> str:
    """A secret as it is told: `whsec_…`."""
    return PREFIX + base64.b64encode(key).decode()


def _shown(text: str) -> bytes:
    """The bytes of one signature; none of what is no v1."""
    version, _, signature = text.partition(",")
    if version != "v1":
        return b""
    try:
        return base64.b64decode(signature.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
