"""Files that pages need, served under a path that changes with them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from facade.app.errors import no_route
from facade.caching.answers import is_known

TYPES: Mapping[str, str] = MappingProxyType(
    {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
)
"""What is served of a folder, by suffix."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a page."""

    content: bytes
    type: str
    digest: str


class Assets:
    """The files of a page, read once; their common version stands in their paths."""

    def __init__(self, folder: Path) -> None:
        """Reads the folder."""
        self._files = {
            path.name: _asset(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES
        }
        digests = "".join(each.digest for each in self._files.values())
        self.version = hashlib.sha256(digests.encode()).hexdigest()[:12]
        """Another one where any file is."""

    async def answer(self, request: Request) -> Response:
        """One file; it may be kept for a year, as another one would have another path."""
        found = self._files.get(request.path_params["file"])
        if found is None or request.path_params["version"] != self.version:
            raise no_route(request.scope)
        headers = {
            "etag": f'"{found.digest}"',
            "cache-control": "public, max-age=31536000, immutable",
            "x-content-type-options": "nosniff",
        }
        if is_known(headers["etag"], request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(found.content, headers={**headers, "content-type": found.type})


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, TYPES[path.suffix], hashlib.sha256(content).hexdigest())
