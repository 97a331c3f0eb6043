from msgspec import structs

from facade.errors.backend import BackendUnavailable, BackendUnreachable
from facade.errors.fault import Effect, Fault
from facade.model.call import Plan
from facade.model.names import VersionName
from facade.model.version import Balancing, Destination
from facade.policy.balance import REST, Balance, Route
from tests.fakes import a_plan, a_version

ELSEWHERE = (("https://two.example", "/2/x"), ("https://three.example", "/x"))
SERVERS = ["https://one.example/x", "https://two.example/2/x", "https://three.example/x"]


def plan(balancing: Balancing) -> Plan:
    version = a_version(destination=Destination(balancing=balancing))
    made = a_plan("https://one.example", version=version)
    return structs.replace(made, target="/x", elsewhere=ELSEWHERE)


def closed(_plan: Plan, _origin: str) -> bool:
    return False


def opened(*hosts: str) -> set[str]:
    return {f"https://{host}.example" for host in hosts}


def tries(route: Route, number: int = 3) -> list[str]:
    """Where the tries of one call go, whatever becomes of them."""
    return [route.stop(1.0).uri for _ in range(number)]


def fail(route: Route, fault: Fault) -> None:
    route.stop(1.0)
    route.learn(fault)


def test_the_first_try_at_one_server_is_the_plan_itself_and_the_next_has_the_time_left() -> None:
    given = structs.replace(plan(Balancing.FIRST), elsewhere=())
    route = Balance().route(given, closed)
    assert not route.untried()
    assert route.stop(9.0) is given
    assert route.stop(3.0) == structs.replace(given, timeout=3.0)


def test_failover_tries_the_servers_in_their_own_order() -> None:
    balance, given = Balance(), plan(Balancing.FAILOVER)
    assert tries(balance.route(given, closed)) == SERVERS
    assert tries(balance.route(given, closed)) == SERVERS


def test_round_robin_begins_with_another_server_each_time() -> None:
    balance, given = Balance(), plan(Balancing.ROUND_ROBIN)
    firsts = [tries(balance.route(given, closed), 1) for _ in range(6)]
    assert firsts == [[each] for each in SERVERS * 2]


def test_servers_that_the_call_has_been_to_come_last() -> None:
    route = Balance().route(plan(Balancing.FAILOVER), closed)
    assert tries(route, 7) == [*SERVERS * 2, SERVERS[0]]


def test_each_try_has_its_own_time_and_no_other_servers() -> None:
    route = Balance().route(plan(Balancing.FAILOVER), closed)
    here = route.stop(4.0)
    assert (here.timeout, here.elsewhere) == (4.0, ())


def test_a_server_that_could_not_be_reached_is_passed_over_until_it_has_rested() -> None:
    now = [1000.0]
    balance, given = Balance(lambda: now[0]), plan(Balancing.FAILOVER)
    route = balance.route(given, closed)
    fail(route, BackendUnreachable("down"))
    assert tries(route, 1) == [SERVERS[1]]
    assert tries(balance.route(given, closed)) == [*SERVERS[1:], SERVERS[0]]
    now[0] += REST
    assert tries(balance.route(given, closed)) == SERVERS


def test_servers_that_all_rest_are_tried_all_the_same() -> None:
    balance, given = Balance(), plan(Balancing.FAILOVER)
    route = balance.route(given, closed)
    for _ in SERVERS:
        fail(route, BackendUnreachable("down"))
    assert tries(balance.route(given, closed)) == SERVERS


def test_a_server_that_may_have_acted_does_not_rest() -> None:
    balance, given = Balance(), plan(Balancing.FAILOVER)
    fail(balance.route(given, closed), BackendUnavailable("cut", effect=Effect.UNKNOWN))
    assert tries(balance.route(given, closed)) == SERVERS


def test_a_server_whose_breaker_is_open_is_passed_over_while_another_is_closed() -> None:
    left_alone = opened("one")
    balance, given = Balance(), plan(Balancing.FAILOVER)
    route = balance.route(given, lambda _, origin: origin in left_alone)
    assert tries(route) == [*SERVERS[1:], SERVERS[1]]
    assert not route.untried()
    left_alone.clear()
    assert route.untried()
    assert tries(route, 1) == [SERVERS[0]]


def test_where_all_breakers_are_open_the_first_server_says_so() -> None:
    route = Balance().route(plan(Balancing.FAILOVER), lambda *_: True)
    assert not route.untried()
    assert tries(route, 1) == [SERVERS[0]]


def test_a_call_knows_while_there_is_a_server_that_it_has_not_been_to() -> None:
    route = Balance().route(plan(Balancing.FAILOVER), closed)
    seen = []
    for _ in SERVERS:
        seen.append(route.untried())
        tries(route, 1)
    assert [*seen, route.untried()] == [True, True, True, False]


def test_each_version_has_its_own_state_of_a_server() -> None:
    balance, given = Balance(), plan(Balancing.FAILOVER)
    fail(balance.route(given, closed), BackendUnreachable("down"))
    name = VersionName(connector="other", version="v1")
    other = a_version(name=name, destination=given.version.destination)
    assert tries(balance.route(structs.replace(given, version=other), closed)) == SERVERS
