"""Every table that stands beside those of calls, in one MetaData."""

from facade.stores import (  # noqa: F401 - what is imported stands in it then
    event_tables,
    flow_tables,
    history_tables,
    run_tables,
    trial_tables,
    trigger_tables,
)
from facade.stores.schema import BESIDE

__all__ = ("BESIDE",)
