"""What a run begins with is what its flow takes, or it does not begin."""

import pytest

from facade.errors.caller import InvalidRequest
from facade.flows.definitions import read
from facade.flows.running.inputs import check_input

SOURCE = """
input: {type: object, properties: {tag: {type: string}}, required: [tag]}
steps: [{id: a, map: input}]
"""


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "input"),
        ('{"tag": 1}', "input.tag"),
        ("{}", "input.tag"),
        ('"' + "x" * 2**20 + '"', "input"),
        ("NaN", "input"),
        ('{"tag": "a", "n": 1e999}', "input"),
        ('{"tag": "\\ud800"}', "input"),
        ('{"tag": "a", "n": ' + "9" * 5_000 + "}", "input"),
        ("[" * 100_000, "input"),
    ],
)
def test_an_input_that_a_flow_does_not_take_is_refused_by_its_field(text: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_input(read(SOURCE), text)
    assert refused.value.details.violations[0].field == field


def test_an_input_that_fits_is_read() -> None:
    assert check_input(read(SOURCE), '{"tag": "a"}') == {"tag": "a"}
