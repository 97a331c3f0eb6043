"""The names of flows, their versions and their runs: parse and format (AIP-122)."""

import re
from uuid import UUID

from facade.errors.caller import InvalidRequest
from facade.model.flow import FlowName, FlowVersionName
from facade.model.names import ANY, ID, malformed
from facade.model.run import RunName

FLOW = "flows/{flow}"
VERSION = "flows/{flow}/versions/{version}"
RUN = "flows/{flow}/runs/{run}"
TRIGGER = "flows/{flow}/trigger"

NUMBERED = re.compile(r"v([1-9][0-9]{0,8})")
"""Ids of versions: they are counted."""


def parse_flow(text: str, field: str = "name", tenant: str = "") -> FlowName:
    """Parses flows/{flow}; raises InvalidRequest naming the field."""
    [flow] = _segments(text, field, FLOW)
    return FlowName(flow, tenant)


def parse_flows(text: str, field: str = "parent", tenant: str = "") -> FlowName | None:
    """Parses flows/{flow}, or flows/- for all of them, which is None (AIP-159)."""
    return None if text == f"flows/{ANY}" else parse_flow(text, field, tenant)


def parse_flow_version(text: str, field: str = "name", tenant: str = "") -> FlowVersionName:
    """Parses flows/{flow}/versions/{version}."""
    flow, version = _segments(text, field, VERSION)
    if number_of(version) == 0:
        raise malformed(field, text, VERSION)
    return FlowVersionName(flow, version, tenant)


def parse_run(text: str, field: str = "name", tenant: str = "") -> RunName:
    """Parses flows/{flow}/runs/{run}, of which the last is a UUID."""
    flow, run = _segments(text, field, RUN)
    try:
        known = str(UUID(run))
    except ValueError:
        raise malformed(field, text, RUN) from None
    if known != run:
        raise malformed(field, text, RUN)
    return RunName(flow, run, tenant)


def version_id(number: int) -> str:
    """The id of a flow's version by its number: v7."""
    return f"v{number}"


def number_of(version: str) -> int:
    """The number of a version by its id; 0 for what is no such id."""
    found = NUMBERED.fullmatch(version)
    return int(found[1]) if found else 0


def _segments(text: str, field: str, pattern: str) -> list[str]:
    """The ids in a name."""
    wanted, parts = pattern.split("/"), text.split("/")
    if len(parts) != len(wanted) or parts[::2] != wanted[::2] or not ID.fullmatch(parts[1]):
        raise malformed(field, text, pattern)
    return parts[1::2]


def parse_trigger(text: str, field: str = "name", tenant: str = "") -> FlowName:
    """Parses flows/{flow}/trigger, of which every flow has one."""
    flow, slash, last = text.rpartition("/")
    if not slash or last != "trigger":
        raise malformed(field, text, TRIGGER)
    try:
        return parse_flow(flow, field, tenant)
    except InvalidRequest:
        raise malformed(field, text, TRIGGER) from None
