"""What keeps web pages from acting by a mirror, and the backend's pages from acting as ours."""

import re
from collections.abc import Iterator
from typing import Final

from facade.app.mirror.request import Head
from facade.errors.access import CrossSite
from facade.model.call import Headers

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods by which a page of another site may go on asking: it does not get to see what it asks."""

SITE: Final = "sec-fetch-site"
POLICY: Final = "content-security-policy"
UNSNIFFED: Final = ("x-content-type-options", "nosniff")

OF_HOSTS: Final = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-allow-private-network",
        "access-control-expose-headers",
        "access-control-max-age",
        "alt-svc",
        "clear-site-data",
        "service-worker-allowed",
        "strict-transport-security",
        UNSNIFFED[0],
    }
)
"""Fields that tell a browser what holds for a whole host, or who may read what the facade's own
credentials fetch; and what is said of types instead."""

PAGE: Final = re.compile(
    r"(?:^|,)\s*"
    r"(?:text/(?:html|xml|xsl)|application/xml|multipart/x-mixed-replace|[^\s/;,]+/[^\s;,]*\+xml)"
    r"(?=[\s;,(]|$)",
    re.IGNORECASE,
)
"""Types whose scripts browsers run: HTML, XML of any kind (WHATWG MIME Sniffing, section 4.6), and
what is put together of others."""


def check_site(head: Head) -> None:
    """Raises CrossSite where a page of another site has a browser do more than read.

    It may send a form anywhere without asking, and the call would be signed by the facade.
    """
    if head.method not in READING and head.header(SITE).strip() == "cross-site":
        raise CrossSite(f"A page of another site may not send {head.method} requests here.")


def guards(fields: Headers, *, has_body: bool) -> Iterator[tuple[str, str]]:
    """The fields by which what a backend answers does not run with the rights of this origin.

    `fields` are those that go on. Where one of them is a policy of the backend's own, both hold
    (CSP Level 3, section 8.1). What has no body tells no type: the policy of a 304 takes the place
    of those that a page was kept with (RFC 9111, section 3.2).
    """
    if has_body:
        yield UNSNIFFED
        acts = any(name == "content-type" and PAGE.search(value) for name, value in fields)
    else:
        acts = any(name == POLICY for name, _ in fields)
    if acts:
        yield POLICY, "sandbox"
