"""Header fields that matter to caches, and their members."""

CONDITIONS = frozenset(
    {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"}
)
"""Fields that ask for a part of an answer, or for none (RFC 9110 sections 13.1 and 14.2)."""

HOPPING = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization"),
    }
)
"""Fields that are of one connection and never stored (RFC 9111 section 3.1)."""


def members(value: str) -> list[str]:
    """The members of a field that is a list of words, in lower case."""
    return [word for part in value.split(",") if (word := part.strip().lower())]
