"""Description: what an authorization server says of itself (RFC 8414); pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from facade.model.call import Reply
from facade.policy.credentials.token import refused

S256 = "S256"
"""The one way to a code challenge that is used (RFC 7636 section 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The parts that are asked for."""

    issuer: str
    token_uri: str
    authorization_uri: str = ""
    revocation_uri: str = ""
    """Where tokens are revoked (RFC 7009); empty: it says of no such place."""
    tells_issuer: bool = False
    """Whether its answers to the browser always name it (RFC 9207)."""
    takes_pkce: bool = True
    """Whether it does not say that it takes no S256."""


def description_of(reply: Reply, issuer: str) -> Description:
    """Reads a description, which must be the issuer's own (RFC 8414 section 3.3).

    Raises TokenRefused.
    """
    told: Any = None
    if reply.status == 200:
        try:
            told = orjson.loads(reply.body)
        except ValueError:
            told = None
    if not isinstance(told, Mapping):
        raise refused(f"its description is not there (status {reply.status})")
    said, token_uri = told.get("issuer"), told.get("token_endpoint")
    if not isinstance(said, str) or said.rstrip("/") != issuer.rstrip("/"):
        raise refused("its description is that of another issuer")
    if not isinstance(token_uri, str):
        raise refused("its description names no token endpoint")
    methods = told.get("code_challenge_methods_supported")
    return Description(
        issuer=said,
        token_uri=token_uri,
        authorization_uri=_text(told, "authorization_endpoint"),
        revocation_uri=_text(told, "revocation_endpoint"),
        tells_issuer=told.get("authorization_response_iss_parameter_supported") is True,
        takes_pkce=not isinstance(methods, list) or S256 in methods,
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
