"""Whose page has a browser send a request: one of this origin's own, or it is refused."""

from urllib.parse import urlsplit

from starlette.requests import Request

from facade.app.mirror.browser import SITE
from facade.config import Settings
from facade.errors.access import CrossSite


class Origins:
    """Knows which origin is ours: that of the request itself, and that of `public_url`."""

    def __init__(self, settings: Settings) -> None:
        """Takes who we are."""
        self._public = _origin(settings.public_url)

    def check(self, request: Request, doing: str) -> None:
        """Raises CrossSite for a page of another origin: it would act with its reader's rights.

        What says neither of which page it is nor from where comes from no browser.
        """
        headers = request.headers
        said = headers.get("origin")
        own = {f"{request.url.scheme}://{headers.get('host', '')}".lower(), self._public}
        if headers.get(SITE, "") == "cross-site" or (said is not None and said.lower() not in own):
            raise CrossSite(f"A page of another origin may not {doing} here.")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if url else ""
