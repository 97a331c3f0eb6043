"""Visit: one request for a page, by whom, and the answer to it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from facade.access.authorize import Authority
from facade.access.methods import EVERYTHING
from facade.app.ui.mappings import Mappings
from facade.app.ui.page import HEADERS, Pages
from facade.app.ui.session import Sessions
from facade.config import Settings
from facade.listing.traces import Traces
from facade.model.access import ANYONE, Identity, Permission, Target
from facade.parts import Parts

WHOLE: Final = (
    ("flows", "Flows"),
    ("runs", "Runs"),
    ("events", "Events"),
    ("history", "History"),
    ("traces", "Traces"),
    ("alerts", "Alerts"),
)
"""Pages of what is the tenant's, and no connector's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What pages are made of."""

    parts: Parts
    settings: Settings
    pages: Pages
    sessions: Sessions
    traces: Traces
    mappings: Mappings

    @property
    def authority(self) -> Authority:
        """Says what callers may do."""
        return self.parts.access.authority


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request for a page."""

    house: House
    request: Request
    identity: Identity
    is_session: bool = False
    """Whether the caller is known by signing in here."""
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What was filled in; of what is there twice, the last one."""

    @property
    def tenant(self) -> str:
        """Whose pages these are."""
        return self.identity.tenant

    @property
    def is_part(self) -> bool:
        """Whether a page asks for a part of itself."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def base(self) -> str:
        """The way to the first page from here, so that all links work below any path."""
        return base_of(self.request)

    def path(self, name: str) -> str:
        """What the path says."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """What the query says; empty where it says nothing."""
        return str(self.request.query_params.get(name, "")).strip()

    def check(self, method: str, name: str = "", through: str = "") -> None:
        """Raises CallerForbidden where the caller may not have what an RPC answers."""
        beside = (through,) if through else ()
        self.house.authority.check(method, self.identity, name, beside)

    def may(self, permission: Permission, target: Target) -> bool:
        """Whether the caller may have that; so that nobody is shown what would be refused."""
        return self.identity is ANYONE or self.identity.allows(permission, target)

    def sees(self, target: Target) -> bool:
        """Whether the caller is shown that at all."""
        return self.may(Permission.VIEW, target)

    def may_whole(self, permission: Permission) -> bool:
        """Whether it may have that of what is the tenant's, and no connector's alone."""
        return self.may(permission, EVERYTHING)

    @property
    def sees_all(self) -> bool:
        """Whether it may see what is the tenant's, and no connector's alone."""
        return self.may_whole(Permission.VIEW)

    @property
    def holds(self) -> bool:
        """Whether who signed in is still let in: not where the key was revoked meanwhile."""
        return not self.is_session or self.house.sessions.of(self.request) is not None

    def go(self, path: str) -> Response:
        """On to another page, by its path below /ui/; what was asked for has been done."""
        if self.is_part:
            return Response(status_code=204, headers={"hx-redirect": self.base + path})
        return RedirectResponse(self.base + path, 303)

    def page(
        self,
        template: str,
        known: Mapping[str, Any],
        *,
        title: str,
        here: str | None = None,
        status: int = 200,
    ) -> Response:
        """A whole page; `here`: the entry of the navigation that it is below, None for none."""
        text, headers = self.house.pages.whole(
            template, {**self.around(), **known, "title": title, "here": here}
        )
        return Response(text, status, headers)

    def part(self, template: str, known: Mapping[str, Any]) -> Response:
        """A part of a page."""
        text = self.house.pages.write(template, {**self.around(), **known})
        return Response(text, headers=HEADERS)

    def around(self) -> dict[str, Any]:
        """What every template is given."""
        return {
            "base": self.base,
            "who": self.identity.name,
            "tenant": self.tenant,
            "is_open": self.identity is ANYONE,
            "is_session": self.is_session,
            "is_known": True,
            "is_part": self.is_part,
            "more_pages": [(path, name) for path, name in WHOLE if self.sees_all],
        }


Show: TypeAlias = Callable[[Visit], Awaitable[Response]]


def base_of(request: Request) -> str:
    """The way to the first page from where the browser is."""
    path = request.scope["raw_path"].decode("latin-1")
    shown = request.headers.get("hx-current-url", "")
    if shown:
        path = "/ui/" + shown.partition("?")[0].partition("#")[0].partition("/ui/")[2]
    return "../" * (path.count("/") - 2) or "./"
