from dataclasses import replace

import pytest

from facade.errors.backend import BackendUnavailable, BackendUnreachable
from facade.errors.fault import Effect
from facade.model.call import Plan
from facade.model.names import VersionName
from facade.model.version import Balancing, Destination
from facade.policy.balance import REST, Balance
from tests.fakes import a_plan, a_version

ELSEWHERE = (("https://two.example", "/2/x"), ("https://three.example", "/x"))
SERVERS = ["https://one.example/x", "https://two.example/2/x", "https://three.example/x"]


def plan(balancing: Balancing) -> Plan:
    version = a_version(destination=Destination(balancing=balancing))
    made = a_plan("https://one.example", version=version)
    return replace(made, target="/x", elsewhere=ELSEWHERE)


def order(balance: Balance, given: Plan) -> list[str]:
    return [turn.plan.uri for turn in balance.turns(given)]


def reach(balance: Balance, given: Plan, *down: str) -> str:
    """Where a call ends up while the servers with these hosts are down."""
    for turn in balance.turns(given):
        with turn:
            if any(each in turn.plan.origin for each in down):
                raise BackendUnreachable("down")
            return turn.plan.uri
    raise AssertionError


def test_one_server_is_the_plan_itself() -> None:
    given = replace(plan(Balancing.FIRST), elsewhere=())
    (turn,) = Balance().turns(given)
    assert turn.plan is given


def test_failover_tries_the_servers_in_their_own_order() -> None:
    balance, given = Balance(), plan(Balancing.FAILOVER)
    assert order(balance, given) == SERVERS
    assert order(balance, given) == SERVERS


def test_round_robin_begins_with_another_server_each_time() -> None:
    balance, given = Balance(), plan(Balancing.ROUND_ROBIN)
    firsts = [order(balance, given)[0] for _ in range(6)]
    assert firsts == SERVERS * 2


def test_a_server_that_could_not_be_reached_is_passed_over_until_it_has_rested() -> None:
    now = [1000.0]
    balance, given = Balance(lambda: now[0]), plan(Balancing.FAILOVER)
    assert reach(balance, given, "one") == SERVERS[1]
    assert order(balance, given) == [*SERVERS[1:], SERVERS[0]]
    now[0] += REST
    assert order(balance, given) == SERVERS


def test_servers_that_all_rest_are_tried_all_the_same_and_the_last_ones_failure_is_told() -> None:
    balance, given = Balance(), plan(Balancing.FAILOVER)
    with pytest.raises(BackendUnreachable):
        reach(balance, given, "one", "two", "three")
    assert order(balance, given) == SERVERS


def test_a_failure_of_a_server_that_may_have_acted_ends_the_call() -> None:
    turn, *_ = Balance().turns(plan(Balancing.FAILOVER))
    with pytest.raises(BackendUnavailable), turn:
        raise BackendUnavailable("cut", effect=Effect.UNKNOWN)


def test_a_later_turn_has_the_time_that_is_left() -> None:
    now = [0.0]
    given = replace(plan(Balancing.FAILOVER), timeout=5.0)
    timeouts = []
    for turn in Balance(lambda: now[0]).turns(given):
        timeouts.append(turn.plan.timeout)
        now[0] += 2.0
    assert timeouts == [5.0, 3.0, 1.0]


def test_each_version_has_its_own_state_of_a_server() -> None:
    balance, given = Balance(), plan(Balancing.FAILOVER)
    reach(balance, given, "one")
    name = VersionName(connector="other", version="v1")
    other = a_version(name=name, destination=given.version.destination)
    assert order(balance, replace(given, version=other)) == SERVERS
