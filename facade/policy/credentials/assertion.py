"""Assertion: a JWT by which a client proves who it is (RFC 7523)."""

import secrets
from collections.abc import Mapping
from types import MappingProxyType

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from facade.errors.fault import Violation
from facade.policy.credentials.marks import incomplete

LIFE = 300
"""Seconds that an assertion holds."""

_CURVES: Mapping[str, str] = MappingProxyType(
    {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
)


def assertion(pem: str, reference: str, key_id: str, claims: Mapping[str, str], now: float) -> str:
    """Signs claims with a private key, by the algorithm that is the key's own.

    `iat`, `exp` and `jti` are added. Raises ConnectionIncomplete naming the key's reference where
    it is none that can sign.
    """
    issued = int(now)
    whole = {**claims, "iat": issued, "exp": issued + LIFE, "jti": secrets.token_urlsafe(16)}
    try:
        algorithm, key = _key(pem)
        header = {"alg": algorithm} | ({"kid": key_id} if key_id else {})
        return jwt.encode(header, whole, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, UnsupportedAlgorithm):
        raise incomplete(
            f"the secret `{reference}` is no key that signs",
            Violation(field=reference, description="must be a private key in PEM, not encrypted"),
        ) from None


def _key(pem: str) -> tuple[str, RSAKey | ECKey | OKPKey]:
    """A key and its algorithm; raises ValueError and TypeError for one that cannot be read."""
    match load_pem_private_key(pem.encode(), password=None):
        case RSAPrivateKey() as key:
            return "RS256", RSAKey.import_key(key)
        case EllipticCurvePrivateKey() as key if key.curve.name in _CURVES:
            return _CURVES[key.curve.name], ECKey.import_key(key)
        case Ed25519PrivateKey() as key:
            return "Ed25519", OKPKey.import_key(key)
    raise ValueError
