"""Numbers that go through a flow keep every digit: money and ids of more than a double holds."""

from pathlib import Path

import pytest

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.flows.definitions import read
from facade.model.run import RunState
from tests.flows import LIVE, Shop, open_shop, ran
from tests.ledgers import prepare

LONG = "12345678901234567890"
EXACT = "0.1000000000000000055511151231257827"
SOURCE = f"""
steps:
  - id: made
    map: "{{items: `[{{\\"id\\": {LONG}, \\"total\\": {EXACT}}}]`}}"
  - id: each
    for_each: steps.made.output.items
    do:
      action: {LIVE}/placeOrder
      arguments: {{body: {{number: "{{{{ item.id | string }}}}", order: "{{{{ item }}}}"}}}}
  - id: whole
    action: {LIVE}/placeOrder
    arguments: {{body: {{number: 1, total: "{{{{ steps.made.output.items[0].total }}}}"}}}}
output:
  - id: kept
    save: "order-{{{{ steps.made.output.items[0].id }}}}"
    value: steps.made.output.items
result: steps.made.output.items[0].total
"""


@pytest.mark.parametrize("is_test", [False, True], ids=["a run", "a test"])
async def test_no_digit_is_lost_between_a_mapping_and_the_backend(
    tmp_path: Path, *, is_test: bool
) -> None:
    prepare(tmp_path)
    async with Shop() as shop, open_parts(Settings(data=tmp_path, dev=True), {}) as parts:
        await open_shop(parts.catalog, shop.backend.origin)
        if is_test:
            run = await parts.runs.test(read(SOURCE))
        else:
            run = await ran(parts, SOURCE)
        assert run.state is RunState.SUCCEEDED, run.error
        assert run.output == EXACT
        bodies = [each.partition(b"\r\n\r\n")[2].decode() for each in shop.backend.requests]
        assert bodies == [
            f'{{"number":"{LONG}","order":{{"id":{LONG},"total":{EXACT}}}}}',
            f'{{"number":1,"total":{EXACT}}}',
        ]
