"""Mappings that forget what was not used for long, or lives no more."""

from facade.recent import Living, Recent


def test_it_keeps_the_half_that_was_used_last() -> None:
    recent: Recent[int, int] = Recent(10)
    for each in range(10_000):
        recent.put(each, each)
        assert recent.get(0) == 0
        assert len(recent) <= 10
    assert [recent.get(each) for each in range(9_996, 10_000)] == list(range(9_996, 10_000))
    assert recent.get(5_000) is None


def test_values_that_are_put_together_are_kept_as_one_by_one() -> None:
    together: Recent[int, int] = Recent(10)
    apart: Recent[int, int] = Recent(10)
    for each in range(1_000):
        assert together.get(each - 3) == apart.get(each - 3)
        together.update({each: each})
        apart.put(each, each)
        assert len(together) == len(apart) <= 10


def test_what_is_taken_out_is_gone_in_whichever_half_it_was() -> None:
    recent: Recent[int, int] = Recent(4)
    for each in range(3):
        recent.put(each, each)
    for each in range(3):
        recent.pop(each)
        assert recent.get(each) is None
    recent.pop(7)
    assert len(recent) == 0


class Thing:
    """Lives until nobody holds it."""


def test_what_stands_beside_an_object_is_gone_with_it() -> None:
    living: Living[str] = Living()
    one, other = Thing(), Thing()
    assert living.put(one, "one") == "one"
    living.put(other, "other")
    assert (living.find(id(one)), living.find(id(other))) == ("one", "other")
    del one
    assert len(living) == 1
    assert living.find(id(other)) == "other"
    assert living.find(id(living)) is None
