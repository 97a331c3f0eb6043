"""Names of actions: parsed once, and refused each time."""

import pytest

from facade.errors.caller import InvalidRequest
from facade.model.names import LONGEST, ActionName, parse_action

NAME = "connectors/pets/versions/live/actions/get/pet"


def test_a_name_that_was_parsed_is_at_hand() -> None:
    assert parse_action(NAME) == ActionName("pets", "live", "get/pet")
    assert parse_action(NAME) is parse_action(str(parse_action(NAME)))


def test_an_id_as_long_as_may_be_is_parsed_and_a_longer_name_is_not_kept() -> None:
    longest = NAME + "x" * (LONGEST - len(NAME))
    assert parse_action(longest) is parse_action(longest)
    assert parse_action(longest + "x") == parse_action(longest + "x")
    assert parse_action(longest + "x") is not parse_action(longest + "x")


@pytest.mark.parametrize("text", ["", "nonsense", NAME.replace("pets", "Pets"), "x" * 10_000])
def test_what_is_no_name_is_refused_each_time_by_the_field_that_has_it(text: str) -> None:
    for field in ("name", "action", "name"):
        with pytest.raises(InvalidRequest) as caught:
            parse_action(text, field)
        assert [each.field for each in caught.value.details.violations] == [field]
