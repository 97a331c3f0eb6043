"""Names in client certificates, as callers are called by them."""

from collections.abc import Iterable
from typing import Final

SPIFFE: Final = "spiffe://"
DNS: Final = "dns:"


def names_of(names: Iterable[str]) -> tuple[str, ...]:
    """The names of a verified certificate by which its holder may be known, the best first.

    SPIFFE ids (SPIFFE X509-SVID, section 2: a URI), of which a certificate with several has none
    that counts; then DNS names, in lower case.
    """
    known = tuple(names)
    ids = [each for each in known if each.startswith(SPIFFE)]
    hosts = [DNS + each.lower() for each in known if "://" not in each]
    return (*(ids if len(ids) == 1 else ()), *hosts)
