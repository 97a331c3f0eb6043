"""Members of arguments that the schema of an action does not have."""

import pytest

from facade.flows.checking.called import Called, Nothing
from facade.flows.checking.check import check
from facade.flows.document.reading import read_definition
from facade.model.definition import ActionCall


class Closed(Nothing):
    """Knows one action, whose body has these members alone."""

    def find(self, call: ActionCall) -> Called:
        del call
        closed = {"type": "object", "additionalProperties": False}
        tags = {"type": "array", "items": {**closed, "properties": {"label": {}}}}
        body = {**closed, "properties": {"a/name": {}, "tags": tags}}
        return Called(arguments={"type": "object", "properties": {"body": body}})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{a/nmae: x}", "did you mean `a/name`"),
        ("{tags: [{label: x}, {lable: y}]}", "did you mean `label`"),
        ("{zzzz: x}", "is not a property that the schema knows"),
    ],
)
def test_a_member_that_a_closed_body_does_not_have_is_told_with_the_one_that_is_like_it(
    body: str, says: str
) -> None:
    text = f"steps: [{{id: a, action: p/x, arguments: {{body: {body}}}}}]\n"
    [finding] = check(read_definition(text), Closed())
    assert says in finding.message
    assert ("mean" in finding.message) == ("mean" in says)
