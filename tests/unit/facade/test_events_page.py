"""docs/events.md: the events that there are, as the check of a flow's trigger knows them."""

import re
from pathlib import Path

from facade.model.event import OURS

PAGE = (Path(__file__).parents[3] / "docs/events.md").read_text()


def test_the_page_has_every_event_of_the_gateway_and_no_other() -> None:
    table = PAGE.partition("| type |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    told = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(told) == sorted(f"{head}.{tail}" for head in OURS for tail in OURS[head])
