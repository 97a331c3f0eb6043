"""Habits: what the cache learns of an action, for one tenant and no other."""

from facade.model.call import Caller
from facade.policy.cache.habits import BARREN, Habits
from facade.policy.cache.naming import Naming
from facade.sealing import Seal
from tests.fakes import a_plan


def test_i01_what_one_tenants_answers_are_worth_is_not_learnt_of_another() -> None:
    habits = Habits(Naming(Seal([b"k" * 32])))
    plan = a_plan("https://x.test", caller=Caller(tenant="shop"))
    theirs = a_plan("https://x.test", action=plan.action, caller=Caller(tenant="bank"))
    for _ in range(BARREN):
        habits.kind(plan, "").habit.bears_nothing()
    assert habits.kind(plan, "").habit.is_barren
    assert not habits.kind(theirs, "").habit.is_barren
    assert habits.kind(theirs, "").names.key("/", None) != habits.kind(plan, "").names.key(
        "/", None
    )
