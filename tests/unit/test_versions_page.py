"""The page on versions has the table of what happens to them, as it is."""

import re
from pathlib import Path

from facade.catalog.transitions import ABSENT, TRANSITIONS, Event
from facade.model.version import State

PAGE = Path(__file__).parents[2] / "docs" / "versions.md"

ROWS = {
    "create": Event.CREATE,
    "update (labels, notes)": Event.UPDATE,
    "promote": Event.PROMOTE,
    "deprecate": Event.DEPRECATE,
    "take that back": Event.RESTORE,
    "delete": Event.DELETE,
    "delete by force": Event.FORCE_DELETE,
}


def test_the_page_has_the_table_of_the_code() -> None:
    rows = dict(re.findall(r"^\| ([a-z][^|]+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE))
    rows.pop("what happens")
    told = {ROWS[name]: cells.split(" | ") for name, cells in rows.items()}
    columns = (ABSENT, State.READY, State.ACTIVE, State.DEPRECATED)
    wanted: dict[Event, list[str]] = {}
    for event, leads in TRANSITIONS.items():
        wanted[event] = []
        for state in columns:
            to = leads[state]
            if isinstance(to, type):
                wanted[event].append(f"refused: {to.reason}")
            else:
                wanted[event].append(to.value if to is not None else "gone")
    assert told == wanted
