"""What the HTTP face stands on; `facade.bootstrap` opens it."""

from typing import Protocol

from facade.catalog.catalog import Catalog
from facade.engine import Engine
from facade.hop.acceptance import Acceptance
from facade.hop.traces import Elsewhere
from facade.policy.overload.gate import Gate
from facade.secrets.safe import Safe
from facade.telemetry.meters import Meters
from facade.telemetry.ring import Ring
from facade.telemetry.spans import Tracing


class Parts(Protocol):
    """The parts behind every route."""

    @property
    def engine(self) -> Engine:
        """Executes calls."""

    @property
    def gate(self) -> Gate:
        """Lets calls in while there is room for them."""

    @property
    def catalog(self) -> Catalog:
        """Knows connectors, versions and actions."""

    @property
    def safe(self) -> Safe:
        """Keeps secrets."""

    @property
    def tracing(self) -> Tracing:
        """Makes spans."""

    @property
    def meters(self) -> Meters:
        """Counts and times what happens."""

    @property
    def ring(self) -> Ring:
        """Has the last traces."""

    @property
    def elsewhere(self) -> Elsewhere:
        """Knows what other processes have of them."""

    @property
    def acceptance(self) -> Acceptance:
        """Believes what gateways say of their calls, or refuses it."""

    @property
    def page_key(self) -> bytes:
        """Seals page tokens: the same in every worker and after a restart."""
